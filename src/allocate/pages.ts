import type { FluidProgram, Lattice, Rank, Selection } from '../kernel/contract.ts'
import { searchSpace } from './branch-and-bound.ts'
import { type SelectionSetting, selectBest } from './selection.ts'

/** Configurations up to which a space is walked for the fluid bound; a larger one is searched. */
export const WALKED = 1e8

export interface RankedSpace {
  readonly lattice: Lattice
  readonly program: FluidProgram
  /** The number of configurations of the lattice. */
  readonly size: number
}

/** The feasible rows of a ranking by the fluid bound, the best first, some at a time. */
export async function* rankedPages(
  { lattice, program, size }: RankedSpace,
  limit: number,
  setting: SelectionSetting,
): AsyncGenerator<Selection> {
  if (size <= WALKED) {
    const page = { lattice, program, from: 0, to: size, limit, byCost: true }
    let after: Rank | undefined
    for (;;) {
      const input = after ? { ...page, after } : page
      const rows = await selectBest({ name: 'selectFluid', input }, setting)
      yield rows
      const last = rows.bound.length - 1
      if (last + 1 < limit) return
      after = { bound: rows.bound[last], cost: rows.cost[last], number: rows.number[last] }
    }
  }
  // a search starts over for more rows: what was given before is left out
  let given = 0
  for (let wanted = limit; ; wanted *= 4) {
    const { rows } = await searchSpace({ lattice, program, size, limit: wanted, byCost: true }, setting)
    const { bound, cost, number } = rows
    yield { ...rows, bound: bound.slice(given), cost: cost.slice(given), number: number.slice(given) }
    if (bound.length < wanted) return
    given = bound.length
  }
}
