import type { ClosedForm, Lattice, LatticeScan, LatticeSelect, Selection } from '../contract.ts'
import { type Arena, copyF64, reserveBytes, resetArena, viewF64, writeBlock } from './arena.ts'
import { SelectArguments } from './layouts/rank.ts'

/** The exports of assembly/rank.ts. */
export interface LatticeExports {
  latticeWorkBytes(): number
  scanLattice(
    types: number,
    latticePtr: number,
    formPtr: number,
    base: number,
    from: number,
    to: number,
    workPtr: number,
    outPtr: number,
  ): void
  selectLattice(argumentsPtr: number): void
}

/** f64 words of a row: bound, cost, number. */
const ROW = 3

/** Rows that are buffered besides those to keep, so that thinning out is rare. */
const SPARE_ROWS = 4096

export function scanLattice(kernel: LatticeExports, arena: Arena, input: LatticeScan): Float64Array {
  const { lattice, closedForm, from, to } = input
  resetArena(arena)
  const latticePtr = layLattice(arena, lattice)
  const formPtr = layForm(arena, closedForm)
  const workPtr = reserveBytes(arena, kernel.latticeWorkBytes())
  const outPtr = reserveBytes(arena, 8 * (to - from))
  kernel.scanLattice(lattice.size.length, latticePtr, formPtr, closedForm.base, from, to, workPtr, outPtr)
  return viewF64(arena, outPtr, to - from).slice()
}

export function selectLattice(kernel: LatticeExports, arena: Arena, input: LatticeSelect): Selection {
  const { lattice, closedForm, from, to } = input
  resetArena(arena)
  const latticePtr = layLattice(arena, lattice)
  const formPtr = layForm(arena, closedForm)
  const work = reserveBytes(arena, kernel.latticeWorkBytes())
  const types = lattice.size.length
  return selectRows(arena, input, (limit, byCost, after, rows, capacity, out) => {
    const { base } = closedForm
    const block = {
      types,
      lattice: latticePtr,
      form: formPtr,
      base,
      from,
      to,
      limit,
      byCost,
      after,
      work,
      rows,
      capacity,
      out,
    }
    kernel.selectLattice(writeBlock(arena, SelectArguments, block))
  })
}

type Page = Pick<LatticeSelect, 'from' | 'to' | 'limit' | 'after' | 'byCost'>

/** Lays room for rows, lets a kernel fill it, and reads them. */
export function selectRows(
  arena: Arena,
  page: Page,
  select: (
    limit: number,
    byCost: number,
    afterPtr: number,
    rowsPtr: number,
    capacity: number,
    outPtr: number,
  ) => void,
): Selection {
  const { from, to, after, byCost } = page
  const limit = Math.max(1, Math.min(page.limit, to - from))
  const capacity = limit + Math.max(limit, SPARE_ROWS)
  const afterRow = after ? [after.bound, after.cost, after.number] : [Infinity, -Infinity, -1]
  const afterPtr = copyF64(arena, Float64Array.from(afterRow))
  const outPtr = reserveBytes(arena, 8 * 3)
  const rowsPtr = reserveBytes(arena, 8 * ROW * capacity)
  select(limit, byCost ? 1 : 0, afterPtr, rowsPtr, capacity, outPtr)
  const [kept, withinBudget, feasible] = viewF64(arena, outPtr, 3)
  const rows = viewF64(arena, rowsPtr, ROW * kept)
  const column = (word: number) => {
    const values = new Float64Array(kept)
    for (let i = 0; i < kept; i++) values[i] = rows[ROW * i + word]
    return values
  }
  return { withinBudget, feasible, bound: column(0), cost: column(1), number: column(2) }
}

/** budget | min | size | price */
export function layLattice(arena: Arena, { budget, min, size, price }: Lattice): number {
  return copyF64(arena, Float64Array.of(budget, ...min, ...size, ...price))
}

/** base rate | small shares | time shares | ranks of cutoffs | rates */
function layForm(arena: Arena, form: ClosedForm): number {
  const { baseRate, smallShare, timeShare, cutoff, rate } = form
  return copyF64(arena, Float64Array.of(baseRate, ...smallShare, ...timeShare, ...cutoff, ...rate))
}
