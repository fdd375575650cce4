import { assign } from './assignment.ts'
import type { Instance, Query } from './scene.ts'

/**
 * A minimum-cost assignment of queries to instances: pairs of a query and the position of its instance, in order of the
 * queries. None where no assignment has a finite cost.
 *
 * @param costOf the cost of a query on the instance at position `j`
 */
export function cheapestPairs(
  queries: readonly Query[],
  fleet: readonly Instance[],
  costOf: (query: Query, j: number) => number,
): [Query, number][] {
  const cost = new Float64Array(queries.length * fleet.length)
  queries.forEach((query, i) => {
    for (let j = 0; j < fleet.length; j++) cost[i * fleet.length + j] = costOf(query, j)
  })
  const { rows, cols } = assign({ cost, rows: queries.length, cols: fleet.length })
  return Array.from(rows, (row, k) => [queries[row], cols[k]])
}
