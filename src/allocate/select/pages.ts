import type { Rank, RankColumns } from '../../kernel/contract.ts'
import { selectBest } from './enumerate.ts'
import { type FluidSpace, MOST_ENUMERATED } from './lattice.ts'
import { searchSpace } from './search-space.ts'
import type { SelectSetting } from './setting.ts'

/** Rows of a ranking; the counts of configurations are known where the space is enumerated. */
export interface RankedPage extends RankColumns {
  readonly withinBudget?: number
  readonly feasible?: number
}

/** The feasible rows of a ranking by the fluid bound, best first, `limit` at a time. */
export async function* rankedPages(
  { lattice, program, size }: FluidSpace,
  limit: number,
  setting: SelectSetting,
): AsyncGenerator<RankedPage> {
  if (size <= MOST_ENUMERATED) {
    const page = { lattice, program, from: 0, to: size, limit, byCost: true }
    let after: Rank | undefined
    for (;;) {
      const input = after ? { ...page, after } : page
      const rows = await selectBest({ name: 'selectFluid', input }, setting)
      yield rows
      if (rows.bound.length < limit) return
      after = lastOf(rows)
    }
  }
  // a search for more rows starts again from the beginning: the rows that were returned before are left out
  let returned = 0
  for (let wanted = limit; ; wanted *= 4) {
    const { rows } = await searchSpace({ lattice, program, size, limit: wanted, byCost: true }, setting)
    const { bound, cost, number } = rows
    yield { bound: bound.slice(returned), cost: cost.slice(returned), number: number.slice(returned) }
    if (bound.length < wanted) return
    returned = bound.length
  }
}

/** The last of at least one row. */
export function lastOf({ bound, cost, number }: RankColumns): Rank {
  const last = bound.length - 1
  return { bound: bound[last], cost: cost[last], number: number[last] }
}
