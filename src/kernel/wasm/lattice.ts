import type { ClosedForm, Lattice, LatticeScan, LatticeSelect, Selection } from '../contract.ts'
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
  scanLattice(scanArguments: number): void
  selectLattice(selectArguments: number): void
}

/** Rows that are buffered besides those to select, so that rows are rarely sorted out. */
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
  return selectRows(arena, input, (page, counts) =>
    kernel.selectLattice(writeBlock(arena, SelectArguments, { lattice, form, work, page, counts })),
  )
}

type PageOfRows = Pick<LatticeSelect, 'from' | 'to' | 'limit' | 'after' | 'byCost'>

/** Writes a page, lets a kernel select its rows, and reads them; `select` takes the addresses of the blocks. */
export function selectRows(
  arena: Arena,
  { from, to, after, byCost, ...asked }: PageOfRows,
  select: (page: number, counts: number) => void,
): Selection {
  const limit = Math.max(1, Math.min(asked.limit, to - from))
  const capacity = limit + Math.max(limit, SPARE_ROWS)
  const counts = reserveBlock(arena, SelectionCounts)
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
  select(page, counts)
  const selected = readField(arena, SelectionCounts, counts, 'selected')
  return {
    withinBudget: readField(arena, SelectionCounts, counts, 'withinBudget'),
    feasible: readField(arena, SelectionCounts, counts, 'feasible'),
    bound: columnOf(arena, rows, selected, Row.fields.bound.offset),
    cost: columnOf(arena, rows, selected, Row.fields.cost.offset),
    number: columnOf(arena, rows, selected, Row.fields.number.offset),
  }
}

function columnOf(arena: Arena, rows: number, count: number, offset: number): Float64Array {
  const column = new Float64Array(count)
  for (let i = 0; i < count; i++) column[i] = arena.view.getFloat64(rows + Row.size * i + offset, true)
  return column
}

/** Writes a lattice and returns the address of its block. */
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
