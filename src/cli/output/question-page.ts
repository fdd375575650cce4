/** The question that a report's page starts from, where the result is about one configuration. */
import { readCatalog } from '../../files/tables/catalog.ts'
import type { Counts, Space } from '../../model/fleet/space.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { type PageInput, plainWorkload } from '../../report/page/question.ts'

interface Configuration {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
  readonly slots?: readonly number[] | undefined
}

/**
 * A space around a configuration: up to twice its counts, for what the configuration costs.
 *
 * @returns undefined where the price of a type is not in the catalog
 */
export async function questionAround({
  workload,
  types,
  counts,
  slots,
}: Configuration): Promise<PageInput | undefined> {
  const prices = await readCatalog()
  if (!types.every((name) => prices.has(name))) return undefined
  const space: Space = {
    types: types.map((name, t) => ({
      ...{ name, min: 0, max: Math.max(5, 2 * counts[t]), pricePerHour: prices.get(name)! },
      ...{ base: t === 0, ...(slots && slots[t] > 1 && { slots: slots[t] }) },
    })),
    budgetPerHour: 1,
  }
  const cost = counts.reduce((sum, count, t) => sum + count * space.types[t].pricePerHour, 0)
  const budgetPerHour = Math.ceil(cost * 1e4) / 1e4
  return {
    workload: plainWorkload(workload),
    space: { ...space, budgetPerHour },
    topN: 20,
    counts,
    live: false,
  }
}
