/** The question that a report's page starts from, where the result is about one configuration. */
import { readCatalog } from '../../files/tables/catalog.ts'
import { budgetFor, type Counts, costOf, type InstanceType, type Space } from '../../model/fleet/space.ts'
import { DEFAULT_ROWS, type PageInput, plainWorkload } from '../../report/page/question.ts'
import type { AskedConfiguration } from '../input/configuration.ts'

/**
 * A space around a configuration, for what the configuration costs.
 *
 * @param space that was given; without one there are up to twice the counts of each type, and at least five, at the
 *   prices of the catalog
 * @returns undefined where the price of a type is not known
 */
export async function questionAround(
  { workload, types, counts }: AskedConfiguration,
  space: Space | undefined,
): Promise<PageInput | undefined> {
  const known = space?.types ?? (await catalogTypes(types, counts))
  const priced = types.flatMap((name, t) => {
    const type = known.find((each) => each.name === name)
    if (type === undefined) return []
    return [{ ...type, min: Math.min(type.min ?? 0, counts[t]), max: Math.max(type.max, counts[t]) }]
  })
  if (priced.length < types.length) return undefined
  return {
    workload: plainWorkload(workload),
    space: { types: priced, budgetPerHour: budgetFor(costOf({ types: priced }, counts)) },
    topN: DEFAULT_ROWS,
    counts,
    live: false,
  }
}

async function catalogTypes(types: readonly string[], counts: Counts): Promise<InstanceType[]> {
  const prices = await readCatalog()
  return types.flatMap((name, t) => {
    const pricePerHour = prices.get(name)
    const type = { name, min: 0, max: Math.max(5, 2 * counts[t]), base: t === 0 }
    return pricePerHour === undefined ? [] : [{ ...type, pricePerHour }]
  })
}
