import type { RankedBatches, RankedConfiguration, RankingHead } from '../model/results/ranking.ts'
import { csvText } from './csv.ts'

/**
 * `rank,<a column per type>,cost_per_hour,bound_qps`; under the fluid bound also its prices, gains and limits,
 * with a column per type for prices and gains.
 */
export async function* rankingCsv(head: RankingHead, rows: RankedBatches): AsyncGenerator<string> {
  const names = head.space.types.map((type) => type.name)
  const header = ['rank', ...names, 'cost_per_hour', 'bound_qps']
  if (head.bound === 'fluid') {
    header.push('closed_form_qps', ...names.map((name) => `price_${name}`), 'violation_price', 'limits')
    header.push(...names.map((name) => `gain_per_dollar_${name}`), 'budget_slack', 'dominated_by')
  }
  yield await csvText([header])
  for await (const batch of rows) yield await csvText(batch.map(cells))
}

function cells(row: RankedConfiguration): (string | number | null)[] {
  const { rank, counts, costPerHour, bound, closedForm, prices, violationPrice, limits, gainPerDollar } = row
  const own = [rank, ...counts, costPerHour, bound]
  if (closedForm === undefined || !prices || violationPrice === undefined || !limits || !gainPerDollar)
    return own
  const known = [closedForm, ...prices, violationPrice, limits.join(' '), ...gainPerDollar]
  return [...own, ...known, row.budgetSlack ?? null, row.dominatedBy ?? null]
}
