import type { Rank } from '../../kernel/contract.ts'
import { columnsOf, ranksOf } from '../../kernel/lattice.ts'
import { type Searched, type SearchQuery, searchDistinct } from './branch-and-bound.ts'
import { mergeInterchangeable } from './interchangeable.ts'
import type { SelectSetting } from './setting.ts'
import { isTied, searchTies } from './ties.ts'

/**
 * The best rows of a lattice that is too large to enumerate, exactly. Interchangeable types are searched as one.
 *
 * At an early end the best rows so far are returned, with the gap that remains.
 *
 * @throws the reason of an aborted signal
 */
export async function searchSpace(query: SearchQuery, setting: SelectSetting): Promise<Searched> {
  const merged = mergeInterchangeable(query, setting.here)
  if (merged === undefined) return searchDistinct(query, setting)
  const { limit, byCost, size } = query
  const { onExamined } = setting
  const own: SelectSetting = {
    ...setting,
    ...(onExamined && { onExamined: (done) => onExamined((done / merged.space.size) * size) }),
  }
  const { proof, ...rows } = await searchTies(query, async (asked) => {
    const searched = await searchDistinct({ ...merged.space, limit: asked, byCost }, own)
    return { ...searched.rows, proof: searched.proof }
  })
  return { rows: columnsOf(firstDivided(ranksOf(rows))), proof }

  /** The first rows that merged rows stand for; those that tie are in the order of their numbers. */
  function firstDivided(found: readonly Rank[]): Rank[] {
    const first: Rank[] = []
    for (let from = 0; from < found.length && first.length < limit; ) {
      let to = from + 1
      while (to < found.length && isTied(found[to], found[from], byCost)) to++
      for (const row of merged!.divided(found.slice(from, to))) if (first.push(row) === limit) break
      from = to
    }
    return first
  }
}
