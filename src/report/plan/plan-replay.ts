import { counted } from '../../model/counted.ts'
import { allowedViolations, shareInsideQos } from '../../model/results/latencies.ts'
import type { PlanReplay } from '../../model/results/plan-replay.ts'
import { styles, tableText } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import {
  formatCost,
  formatCount,
  formatGiven,
  formatMoment,
  formatQueries,
  sharePercent,
} from '../numbers.ts'
import { countColumns, numeric, textual } from '../table-columns.ts'

export function planReplayText(run: PlanReplay, format: string, color: boolean): string {
  if (format === 'json') return jsonText(run)
  return format === 'csv' ? csv(run) : table(run, color)
}

function csv({ types, windows }: PlanReplay): string {
  const lines = windows.map((each) => [each.startS, ...each.counts, each.queries, each.violations])
  return csvText([['start_s', ...types, 'queries', 'violations'], ...lines])
}

function table(run: PlanReplay, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, policy, qosMs, percentile, types, queries, violations, shareInTime, cost, starts, windows } =
    run
  const verdict = violations <= allowedViolations(queries, percentile) ? 'inside QoS' : 'misses QoS'
  const typeColumns = countColumns(types)
  const columns = [textual('from'), ...typeColumns, numeric('queries'), numeric('inside QoS')]
  const lines = windows.map((window) => [
    formatMoment(window.startS),
    ...typeColumns.map(({ cell }) => cell(window.counts)),
    formatCount(window.queries),
    window.queries === 0 ? '' : sharePercent(shareInsideQos(window)),
  ])
  return [
    bold(
      `${model} under a plan: ${sharePercent(shareInTime)} of ${formatQueries(queries)} within ${formatGiven(qosMs)} ms, ${verdict}`,
    ),
    dim(
      `${policy}, ${percentile}% asked for, ${formatCount(violations)} late, $${formatCost(cost)}, ${counted(starts, 'start')}`,
    ),
    '',
    tableText(columns, lines, bold),
  ].join('\n')
}
