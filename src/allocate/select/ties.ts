import type { Rank, RankColumns } from '../../kernel/contract.ts'
import { compareCosts, ranksOf } from '../../kernel/lattice.ts'

/** Rows beyond those that are wanted, in case they tie with the last one; and the most of them. */
const TIES = 256
const MOST_TIES = 16 * 16 * TIES

/** The share by which two sums of the same prices, or two solutions of the same program, may differ. */
const TIE_TOLERANCE = 1e-12

/** Whether two rows have one bound and, unless `byCost` is false, one cost: only their counts order them. */
export function isTied(a: Rank, b: Rank, byCost: boolean): boolean {
  const isSame = (x: number, y: number) => Math.abs(x - y) <= TIE_TOLERANCE * Math.abs(y)
  const isSameCost = compareCosts(a.cost, b.cost) === 0 || isSame(a.cost, b.cost)
  return isSame(a.bound, b.bound) && (!byCost || isSameCost)
}

/**
 * The first rows and all that tie with the last wanted one, up to 65,536 more: they can then be put in another order.
 *
 * @param search finds as many first rows as it is asked for; called again with more until the last one does not tie
 */
export async function searchTies<Found extends RankColumns>(
  { limit, byCost }: { readonly limit: number; readonly byCost: boolean },
  search: (asked: number) => Promise<Found>,
): Promise<Found> {
  for (let ties = TIES; ; ties *= 16) {
    const found = await search(limit + ties)
    const rows = ranksOf(found)
    const mayHaveMoreTies =
      rows.length === limit + ties && isTied(rows[rows.length - 1], rows[limit - 1], byCost)
    if (!mayHaveMoreTies || ties === MOST_TIES) return found
  }
}
