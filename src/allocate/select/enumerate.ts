/**
 * The best rows of a lattice by enumeration: on the calling thread, or range by range on a pool where there is enough
 * work. Ranges are merged in the total order, so the result does not depend on how the lattice is divided.
 */
import type { FluidSelect, LatticeSelect, Rank, RankColumns, Selection } from '../../kernel/contract.ts'
import { compareRanks } from '../../kernel/lattice.ts'
import { nextTurn } from '../../kernel/next-turn.ts'
import { callingThread, openPool } from '../../kernel/pool.ts'
import { MOST_ENUMERATED } from './lattice.ts'
import { divide, divideAffordable, examine } from './ranges.ts'
import type { SelectSetting } from './setting.ts'

/** A selection by one of the bounds. */
export type SelectionQuery =
  | { readonly name: 'selectLattice'; readonly input: LatticeSelect }
  | { readonly name: 'selectFluid'; readonly input: FluidSelect }

/** A selection from a part of its configurations: a range, or those after a row. */
export function partOf(
  query: SelectionQuery,
  part: Partial<Pick<FluidSelect, 'from' | 'to' | 'after'>>,
): SelectionQuery {
  return { ...query, input: { ...query.input, ...part } } as SelectionQuery
}

/**
 * By bound: the configurations from which a pool is faster despite its start, and the configurations of a range. With
 * few rows a range takes about a second at most, so that progress is prompt. Above `manyRows` rows most of the work is
 * the rows: those of the closed form are merged, and by the fluid bound a range solves at least as many configurations
 * before it can rule out others. Ranges are then larger.
 */
const SIZES = {
  selectLattice: { pool: 1e8, range: 2 ** 24, manyRows: 1e5, rangeOfManyRows: 2 ** 27 },
  selectFluid: { pool: 2e7, range: 2 ** 20, manyRows: 256, rangeOfManyRows: 2 ** 24 },
} as const

/** Configurations in a range in the fallback, where the closed form takes a microsecond for each. */
const RANGE_OF_FALLBACK = 2 ** 16

/**
 * Configurations within the budget in a range, with few and with many rows, of a lattice that is too large to divide by
 * numbers: most of it is beyond the budget.
 */
const AFFORDABLE = { range: 2 ** 16, rangeOfManyRows: 2 ** 20 }

/** How long the calling thread is blocked at a time. */
const TURN_MS = 30

/** The rows of the configurations that were examined: all, unless there was an early end. */
export interface Enumerated extends Selection {
  readonly examined: number
}

/**
 * @param query what to select, from the first to the last configuration of the lattice
 * @throws the reason of an aborted signal
 */
export async function selectBest(query: SelectionQuery, setting: SelectSetting): Promise<Enumerated> {
  const { from, to, limit, byCost } = query.input
  const { kernel, here, threads, signal } = setting
  signal?.throwIfAborted()
  const sizes = SIZES[query.name]
  const isPooled = threads > 1 && to - from >= sizes.pool
  if (!isPooled && query.name === 'selectFluid') return selectHere(query.input, setting)
  const size = limit > sizes.manyRows ? 'rangeOfManyRows' : 'range'
  const piecesOf = (range: number) => Math.ceil((to - from) / range)
  // each thread has a range to work on
  const piecesInWasm = Math.max(piecesOf(sizes[size]), Math.min(threads, piecesOf(sizes.range)))
  const pieces = kernel === 'fallback' ? piecesOf(RANGE_OF_FALLBACK) : piecesInWasm
  const ranges =
    query.name === 'selectFluid' && to - from > MOST_ENUMERATED
      ? divideAffordable(query.input.lattice, { from, to }, AFFORDABLE[size])
      : divide({ from, to }, pieces)
  let best: Selection | undefined
  const pool = isPooled ? await openPool(threads, kernel) : callingThread(here)
  const examined = await examine(pool, ranges, setting, async (range) => {
    const part = await pool.run(query.name, { ...query.input, ...range })
    best = best ? mergeSelections(best, part, limit, byCost) : part
  })
  return { ...(best ?? EMPTY), examined }
}

/**
 * One selection over all of the lattice. Ranges would each begin without the cuts and the threshold of the others: they
 * would solve many more configurations.
 */
async function selectHere(input: FluidSelect, setting: SelectSetting): Promise<Enumerated> {
  const { from, to } = input
  const { here, signal, onExamined, end } = setting
  const selection = here.createSelection(input)
  let next = from
  do {
    const turnEnd = performance.now() + TURN_MS
    do next = selection.advance()
    while (next < to && performance.now() < turnEnd)
    onExamined?.(next - from)
    await nextTurn(signal)
  } while (next < to && !end.isDue())
  return { ...selection.finish(), examined: next - from }
}

/** The selection of an empty range. */
export const EMPTY: Selection = {
  withinBudget: 0,
  feasible: 0,
  bound: new Float64Array(),
  cost: new Float64Array(),
  number: new Float64Array(),
}

/** Two sorted selections as one, cut to `limit` rows. */
export function mergeSelections(a: Selection, b: Selection, limit: number, byCost: boolean): Selection {
  const length = Math.min(limit, a.bound.length + b.bound.length)
  const bound = new Float64Array(length)
  const cost = new Float64Array(length)
  const number = new Float64Array(length)
  const [nextA, nextB] = [cursor(a), cursor(b)]
  for (let row = 0; row < length; row++) {
    const isFromA = nextB.isAtEnd || (!nextA.isAtEnd && compareRanks(nextA.rank, nextB.rank, byCost) < 0)
    const next = isFromA ? nextA : nextB
    bound[row] = next.rank.bound
    cost[row] = next.rank.cost
    number[row] = next.rank.number
    next.advance()
  }
  return {
    withinBudget: a.withinBudget + b.withinBudget,
    feasible: a.feasible + b.feasible,
    bound,
    cost,
    number,
  }
}

/** Reads columns row by row into one object: millions of rows would be as many objects. */
function cursor({ bound, cost, number }: RankColumns) {
  const rank: { -readonly [K in keyof Rank]: number } = { bound: 0, cost: 0, number: 0 }
  const next = { rank, isAtEnd: false, advance: () => load(i + 1) }
  let i = 0
  const load = (row: number) => {
    i = row
    next.isAtEnd = row >= bound.length
    rank.bound = bound[row]
    rank.cost = cost[row]
    rank.number = number[row]
  }
  load(0)
  return next
}
