import type { ClosedForm, Lattice, LatticeScan, LatticeSelect, RankColumns, Selection } from '../contract.ts'
import {
  type Arena,
  copyF64,
  copyI32,
  readField,
  reserveBlock,
  reserveBytes,
  resetArena,
  viewF64,
  writeBlock,
} from './arena.ts'
import { Lattice as LatticeLayout, Page, Row, SelectionCounts } from './layouts/lattice.ts'
import { ClosedForm as ClosedFormLayout, ScanArguments, SelectArguments } from './layouts/rank.ts'

/** The exports of assembly/rank/rank.ts. */
export interface LatticeExports {
  rankWorkBytes(): number
  scanLattice(argumentsPtr: number): void
  selectLattice(argumentsPtr: number): void
}

/** Rows that are buffered at least besides those to select, so that rows are rarely sorted out. */
const SPARE_ROWS = 4096

export function scanLattice(kernel: LatticeExports, arena: Arena, input: LatticeScan): Float64Array {
  const { from, to } = input
  resetArena(arena)
  const lattice = writeLattice(arena, input.lattice)
  const form = writeClosedForm(arena, input.closedForm)
  const work = reserveBytes(arena, kernel.rankWorkBytes())
  const bounds = reserveBytes(arena, 8 * (to - from))
  kernel.scanLattice(writeBlock(arena, ScanArguments, { lattice, form, from, to, work, bounds }))
  return viewF64(arena, bounds, to - from).slice()
}

export function selectLattice(kernel: LatticeExports, arena: Arena, input: LatticeSelect): Selection {
  resetArena(arena)
  const lattice = writeLattice(arena, input.lattice)
  const form = writeClosedForm(arena, input.closedForm)
  const work = reserveBytes(arena, kernel.rankWorkBytes())
  const { page, rows } = writePage(arena, input)
  const counts = reserveBlock(arena, SelectionCounts)
  kernel.selectLattice(writeBlock(arena, SelectArguments, { lattice, form, work, page, counts }))
  return readSelection(arena, rows, counts)
}

type PageOfRows = Pick<LatticeSelect, 'from' | 'to' | 'limit' | 'after' | 'byCost'>

/**
 * Writes a page and reserves room for its rows; returns the addresses of both.
 *
 * @param spare the share of the rows to select that are buffered besides them. The threshold rises each time when these
 *   are sorted out: a small share pays where a row takes long to compute
 */
export function writePage(
  arena: Arena,
  { from, to, after, byCost, ...asked }: PageOfRows,
  spare = 1,
): { page: number; rows: number } {
  const limit = Math.max(1, Math.min(asked.limit, to - from))
  const capacity = limit + Math.max(Math.ceil(spare * limit), SPARE_ROWS)
  const rows = reserveBytes(arena, Row.size * capacity)
  const page = writeBlock(arena, Page, {
    from,
    to,
    limit,
    capacity,
    byCost: byCost ? 1 : 0,
    after: writeBlock(arena, Row, after ?? { bound: Infinity, cost: -Infinity, number: -1 }),
    rows,
  })
  return { page, rows }
}

export function readSelection(arena: Arena, rows: number, counts: number): Selection {
  return {
    withinBudget: readField(arena, SelectionCounts, counts, 'withinBudget'),
    feasible: readField(arena, SelectionCounts, counts, 'feasible'),
    ...readRows(arena, rows, readField(arena, SelectionCounts, counts, 'selected')),
  }
}

/** The first `count` rows, as columns. */
export function readRows(arena: Arena, rows: number, count: number): RankColumns {
  return {
    bound: columnOf(arena, rows, count, Row.fields.bound.offset),
    cost: columnOf(arena, rows, count, Row.fields.cost.offset),
    number: columnOf(arena, rows, count, Row.fields.number.offset),
  }
}

function columnOf(arena: Arena, rows: number, count: number, offset: number): Float64Array {
  const column = new Float64Array(count)
  for (let i = 0; i < count; i++) column[i] = arena.view.getFloat64(rows + Row.size * i + offset, true)
  return column
}

export function writeLattice(arena: Arena, lattice: Lattice): number {
  return writeBlock(arena, LatticeLayout, {
    budget: lattice.budget,
    min: copyF64(arena, lattice.min),
    size: copyF64(arena, lattice.size),
    price: copyF64(arena, lattice.price),
    types: lattice.size.length,
  })
}

function writeClosedForm(arena: Arena, form: ClosedForm): number {
  return writeBlock(arena, ClosedFormLayout, {
    baseRate: form.baseRate,
    base: form.base,
    smallShare: copyF64(arena, form.smallShare),
    timeShare: copyF64(arena, form.timeShare),
    cutoff: copyI32(arena, form.cutoff),
    rate: copyF64(arena, form.rate),
  })
}
