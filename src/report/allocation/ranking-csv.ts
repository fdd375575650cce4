import { typeNames } from '../../model/fleet/space.ts'
import type { RankedBatches, RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { csvText } from '../csv.ts'

/**
 * `rank,<a column per type>,cost_per_hour,bound_qps`; under the fluid bound also its limits and gains, with a column
 * per type for each kind of gain.
 */
export async function* rankingCsv(head: RankingHead, rows: RankedBatches): AsyncGenerator<string> {
  const names = typeNames(head.space)
  const header = ['rank', ...names, 'cost_per_hour', 'bound_qps']
  if (head.bound === 'fluid') {
    const perType = (what: string) => names.map((name) => `${what}_${name}`)
    header.push(
      'closed_form_qps',
      'limits',
      ...perType('one_more_qps'),
      ...perType('one_more_qps_per_dollar'),
    )
    header.push(...perType('marginal_qps'), 'marginal_qps_per_point', 'budget_slack', 'dominated_by')
  }
  yield csvText([header])
  for await (const batch of rows) yield csvText(batch.map(cells))
}

function cells(row: RankedConfiguration): (string | number | null)[] {
  const { rank, counts, costPerHour, bound, closedForm = null, limits } = row
  const own = [rank, ...counts, costPerHour, bound]
  if (!limits) return own
  const { oneMoreQps = [], oneMoreQpsPerDollar = [], marginalQps = [], marginalQpsPerPoint = null } = row
  const gains = [...oneMoreQps, ...oneMoreQpsPerDollar, ...marginalQps, marginalQpsPerPoint]
  return [...own, closedForm, limits.join(' '), ...gains, row.budgetSlack ?? null, row.dominatedBy ?? null]
}
