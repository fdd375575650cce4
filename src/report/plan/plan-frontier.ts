import type { PlanFrontier } from '../../model/results/plan.ts'
import { inColumns, styles } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { formatCost, formatCount, formatDuration, percent } from '../numbers.ts'
import { CAPACITY, windowsText } from './plan.ts'

export function planFrontierText(frontier: PlanFrontier, format: string, color: boolean): string {
  if (format === 'json') return jsonText(frontier)
  return format === 'csv' ? csv(frontier) : table(frontier, color)
}

function csv({ rows }: PlanFrontier): string {
  const lines = rows.map((row) => [row.utilisation, row.cost, row.starts, row.meanUtilisation])
  return csvText([['utilisation', 'cost', 'starts', 'mean_utilisation'], ...lines])
}

function table(frontier: PlanFrontier, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, windows, windowS, rows, capacity } = frontier
  const least = rows[rows.length - 1].cost
  const header = ['utilisation', 'on average', 'dollars', 'more than the cheapest', 'starts']
  const lines = rows.map(({ utilisation, cost, starts, meanUtilisation }) => [
    percent(utilisation, 0),
    percent(meanUtilisation, 0),
    formatCost(cost),
    least > 0 ? percent(cost / least - 1, 1) : '',
    formatCount(starts),
  ])
  const span = formatDuration(1000 * windows * windowS)
  return [
    bold(`${model}: cost of the optimal plan for ${span} by utilisation`),
    dim(`${windowsText(windows, windowS)}; a share of ${CAPACITY[capacity]}`),
    '',
    inColumns([header.map(bold), ...lines], []),
  ].join('\n')
}
