import type { NoPlan, Plan, PlanProblem } from '../plan-contract.ts'
import { type Arena, copyF64, copyI32, reserveBytes, resetArena, viewI32, writeBlock } from './arena.ts'
import { PlanArguments } from './layouts/plan.ts'

/** The exports of assembly/plan/plan.ts. */
export interface PlanExports {
  optimalPlan(argumentsPtr: number): number
}

/** Cells up to which the tables of all windows are kept, 32 MB. */
const MOST_CELLS = 2 ** 22

export function optimalPlan(kernel: PlanExports, arena: Arena, problem: PlanProblem): Plan | NoPlan {
  const { maxCounts, capacity, need, lower, upper, initial, billedWindows, wanted = need.length } = problem
  const types = maxCounts.length
  const windows = need.length
  const configurations = capacity.length
  const tableCells = largestBox(lower, upper, types)
  // the tables of all windows, or checkpoints and the tables of one segment, each about the root of the windows
  const segment = windows * tableCells <= MOST_CELLS ? windows + 1 : Math.ceil(Math.sqrt(windows))
  const slots = segment + Math.ceil(windows / segment) + 1
  resetArena(arena)
  const ints = (length: number) => reserveBytes(arena, 4 * length)
  const doubles = (length: number) => reserveBytes(arena, 8 * length)
  const configuration = ints(wanted)
  const plan = writeBlock(arena, PlanArguments, {
    types,
    windows,
    wanted,
    billedWindows,
    hasInitial: initial ? 1 : 0,
    segment,
    tableCells,
    maxCounts: copyI32(arena, maxCounts),
    runCost: copyF64(arena, problem.runCost),
    startCost: copyF64(arena, problem.startCost),
    initial: copyI32(arena, initial ?? new Int32Array(types)),
    capacity: copyF64(arena, capacity),
    need: copyF64(arena, need),
    lower: copyI32(arena, lower),
    upper: copyI32(arena, upper),
    strides: ints(types),
    inner: ints(configurations),
    outer: ints(configurations),
    steps: doubles(Math.max(...maxCounts) + 1),
    scratch: doubles(configurations),
    tables: doubles(slots * tableCells),
    configuration,
  })
  const window = kernel.optimalPlan(plan)
  if (window >= 0) return { status: 'infeasible', window }
  return { status: 'optimal', configuration: viewI32(arena, configuration, wanted).slice() }
}

/** Cells of the largest box of any window. */
function largestBox(lower: Int32Array, upper: Int32Array, types: number): number {
  let largest = 1
  for (let i = 0; i < lower.length; i += types) {
    let cells = 1
    for (let t = i; t < i + types; t++) cells *= upper[t] - lower[t] + 1
    largest = Math.max(largest, cells)
  }
  return largest
}
