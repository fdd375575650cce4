import type { Assignment, AssignmentProblem } from '../dispatch-contract.ts'
import { infeasible } from '../infeasible.ts'
import { refuseCost } from '../refuse-cost.ts'
import { type Arena, copyF64, reserveBytes, resetArena, viewF64 } from './arena.ts'
import { AssignArguments } from './layouts/assignment.ts'

/** The exports of assembly/assignment/. */
export interface AssignmentExports {
  assignBytes(rows: number, cols: number): number
  assign(argumentsPtr: number): number
}

/** Bytes of the arguments, to a multiple of 16 that keeps what follows aligned. */
const ARGUMENT_BYTES = Math.ceil(AssignArguments.size / 16) * 16

export function assign(kernel: AssignmentExports, arena: Arena, problem: AssignmentProblem): Assignment {
  const { cost, rows, cols } = problem
  const pairs = Math.min(rows, cols)
  const bytes = 8 * (rows + cols + pairs)
  resetArena(arena)
  const costPtr = copyF64(arena, cost)
  // a kernel returns numbers of 2^31 and more as negative ones
  const workBytes = kernel.assignBytes(rows, cols) >>> 0
  // | arguments | work | results |
  const block = reserveBytes(arena, ARGUMENT_BYTES + workBytes + bytes)
  const work = block + ARGUMENT_BYTES
  const rowPotentialPtr = work + workBytes
  const colPotentialPtr = rowPotentialPtr + 8 * rows
  const pairRow = colPotentialPtr + 8 * cols
  // not by writeBlock, which serves every layout and takes 40 ns more: an assignment of 2 x 2 takes 700
  AssignArguments.write(arena.view, block, {
    cost: costPtr,
    work,
    rowPotential: rowPotentialPtr,
    colPotential: colPotentialPtr,
    pairRow,
    pairCol: pairRow + 4 * pairs,
    rows,
    cols,
  })
  const status = kernel.assign(block)
  if (status < 0) refuseCost(problem)
  if (status === 0) return infeasible()
  // the four arrays share one buffer: four of their own would cost as much as a small matching does
  const out = new Float64Array(viewF64(arena, rowPotentialPtr, bytes / 8)).buffer
  const rowPotential = new Float64Array(out, 0, rows)
  const colPotential = new Float64Array(out, 8 * rows, cols)
  const chosenRows = new Int32Array(out, 8 * (rows + cols), pairs)
  const chosenCols = new Int32Array(out, 8 * (rows + cols) + 4 * pairs, pairs)
  let total = 0
  for (let i = 0; i < pairs; i++) total += cost[chosenRows[i] * cols + chosenCols[i]]
  return { status: 'assigned', rows: chosenRows, cols: chosenCols, total, rowPotential, colPotential }
}
