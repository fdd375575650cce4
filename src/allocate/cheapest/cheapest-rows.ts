import type { Rank } from '../../kernel/contract.ts'
import { mergeInterchangeable } from '../select/interchangeable.ts'
import type { SelectSetting } from '../select/setting.ts'
import { isTied } from '../select/ties.ts'
import { type CheapestQuery, type CheapestSearch, cheapestFirst } from './cheapest-first.ts'

/** As `cheapestFirst`, with interchangeable types searched as one. */
export function cheapestRows(
  query: CheapestQuery,
  setting: Pick<SelectSetting, 'here' | 'signal' | 'end'>,
): CheapestSearch {
  const merged = mergeInterchangeable(query, setting.here)
  if (merged === undefined) return cheapestFirst(query, setting)
  const search = cheapestFirst({ ...query, ...merged.space }, setting)
  const rows = async function* (): AsyncGenerator<Rank> {
    const known = new Set<number>()
    for await (const found of search.rows) {
      if (known.delete(found.number)) continue
      // a row comes when all of its cost are found
      const tied = search.state().unproven.filter((row) => !known.has(row.number) && isTied(row, found, true))
      for (const { number } of tied) known.add(number)
      yield* merged.divided([found, ...tied])
    }
  }
  return {
    rows: rows(),
    state() {
      const { unproven, ...state } = search.state()
      return { ...state, unproven: unproven.map(merged.firstOf) }
    },
  }
}
