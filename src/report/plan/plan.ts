import { counted } from '../../model/counted.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import type { PlanWindow } from '../../model/fleet/plan.ts'
import type { PlanComparison, PlanResult } from '../../model/results/plan.ts'
import { styles, tableText } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import {
  formatCost,
  formatCount,
  formatDollars,
  formatDuration,
  formatFigure,
  formatMoment,
  formatRate,
  percent,
  sharePercent,
} from '../numbers.ts'
import { countColumns, numeric, textual } from '../table-columns.ts'

/** What a utilisation is a share of. */
export const CAPACITY = { bound: 'the bound', allowable: 'the measured throughput' } as const

/** up to 85% of the bound */
export function utilisationText({ utilisation, capacity }: PlanResult): string {
  return `up to ${formatFigure(100 * utilisation)}% of ${CAPACITY[capacity]}`
}

/** What the fleet of a window may serve: "85% of bound", or "85% of measured". */
function shareText({ utilisation, capacity }: PlanResult): string {
  return `${formatFigure(100 * utilisation)}% of ${capacity === 'bound' ? 'bound' : 'measured'}`
}

/** What is said of a plan whose capacities are bounds. */
export const NOT_MEASURED =
  'not measured; small fleets may sustain less: check with replay --plan, or give --allowable'

/** 144 windows of 10 min */
export function windowsText(count: number, windowS: number): string {
  return `${counted(count, 'window')} of ${formatDuration(1000 * windowS)}`
}

export function planText(plan: PlanResult, format: string, color: boolean): string {
  if (format === 'json') return jsonText(plan)
  return format === 'csv' ? csv(plan) : table(plan, color)
}

function csv({ types, windows }: PlanResult): string {
  const header = [
    'start_s',
    'rate_qps',
    ...types,
    'capacity_qps',
    'cost_per_hour',
    ...types.map((type) => `started_${type}`),
  ]
  const lines = windows.map(({ startS, rateQps, counts, capacityQps, costPerHour, started }) => [
    ...[startS, rateQps, ...counts, capacityQps],
    ...[costPerHour, ...started],
  ])
  return csvText([header, ...lines])
}

function table(plan: PlanResult, color: boolean): string {
  const { bold, dim } = styles(color)
  const { windows, windowS, cost, starts, cyclic } = plan
  const { columns, rows } = scheduleOf(plan)
  const ways = plan.comparison && comparisonOf(plan.comparison)
  const title = `${plan.model}: $${formatCost(cost)} for ${formatDuration(1000 * windows.length * windowS)}, ${counted(starts, 'start')}`
  const setting = [
    windowsText(windows.length, windowS),
    utilisationText(plan),
    ...(cyclic ? ['the last one followed by the first'] : []),
    ...(plan.begin === undefined ? [] : [`the first one begins at ${plan.begin}`]),
  ].join(', ')
  return [
    bold(title),
    dim(setting),
    '',
    tableText(columns, rows, bold),
    ...(ways ? [tableText(ways.columns, ways.rows, bold)] : []),
    ...(plan.capacity === 'bound' ? [`${dim(NOT_MEASURED)}\n`] : []),
  ].join('\n')
}

/** What runs when: a row for windows in a row with the same counts. */
export function scheduleOf(plan: PlanResult) {
  const { types, windows, windowS } = plan
  const typeColumns = countColumns(types)
  const columns = [
    ...[textual('from'), textual('for'), numeric('rate q/s')],
    ...typeColumns,
    ...[`${shareText(plan)} q/s`, '$/hour', 'starts'].map(numeric),
  ]
  const rows = spansOf(windows).map(({ first, count, rateQps }) => [
    formatMoment(first.startS),
    formatDuration(1000 * windowS * count),
    rateQps,
    ...typeColumns.map(({ cell }) => cell(first.counts)),
    formatRate(first.capacityQps),
    formatDollars(first.costPerHour),
    String(instancesOf(first.started)),
  ])
  return { columns, rows }
}

/** Windows in a row with the same counts. */
function spansOf(windows: readonly PlanWindow[]) {
  const spans: { first: PlanWindow; count: number; least: number; most: number }[] = []
  for (const window of windows) {
    const span = spans[spans.length - 1]
    if (span && window.counts.every((count, t) => count === span.first.counts[t])) {
      span.count++
      span.least = Math.min(span.least, window.rateQps)
      span.most = Math.max(span.most, window.rateQps)
    } else spans.push({ first: window, count: 1, least: window.rateQps, most: window.rateQps })
  }
  return spans.map(({ first, count, least, most }) => ({
    ...{ first, count },
    rateQps: least === most ? formatRate(least) : `${formatRate(least)} to ${formatRate(most)}`,
  }))
}

/** The ways to run the fleet, the static one first. */
export function comparisonOf({ runs }: PlanComparison) {
  const fixed = runs[0].cost
  const figures = ['dollars', 'of static', 'time short', 'starts']
  const columns = [textual('way to run the fleet'), ...figures.map(numeric)]
  const rows = runs.map(({ name, cost, starts, shortShare }) => [
    name,
    formatCost(cost),
    fixed > 0 ? percent(cost / fixed, 1) : '',
    sharePercent(shortShare),
    formatCount(starts),
  ])
  return { columns, rows }
}
