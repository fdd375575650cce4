import type { Capacity, Estimate } from '../../model/results/capacity.ts'
import { inColumns, lineWidth, styles } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { bar, formatCount, formatRate, percent } from '../numbers.ts'
import { fleetText, serviceText, targetText } from '../phrases.ts'
import { atBoundRemarks, wideShareRemarks } from './capacity-remarks.ts'

const BAR = 24

/** @param room the characters of a line of a table: in less there are no bars */
export function capacityText(capacity: Capacity, format: string, color: boolean, room = Infinity): string {
  if (format === 'json') return jsonText(capacity)
  return format === 'csv' ? csv(capacity) : text(capacity, color, room)
}

function csv({ bound, results }: Capacity): string {
  const header = [
    'policy',
    'allowable_qps',
    'half_width_qps',
    'bound_qps',
    'share_of_bound',
    'share_half_width',
  ]
  const known = (value: number | undefined) => (value === Infinity ? undefined : value)
  const lines = results.map(({ policy, mean, halfWidth, shareOfBound, shareHalfWidth, ratio }) => [
    ...[policy, mean, known(halfWidth), bound, shareOfBound, known(shareHalfWidth)],
    ...[ratio?.mean, known(ratio?.halfWidth)],
  ])
  return csvText([[...header, 'ratio', 'ratio_half_width'], ...lines])
}

function text(capacity: Capacity, color: boolean, room: number): string {
  const { bold, dim } = styles(color)
  const { model, queries, repeats, results, bound } = capacity
  const last = results[results.length - 1].policy
  const compared = results.length > 1
  const heading = ['policy', 'allowable q/s', '±', 'of the bound', '', ...(compared ? [`times ${last}`] : [])]
  const rows = results.map(({ policy, mean, halfWidth, shareOfBound, ratio }) => [
    policy,
    formatRate(mean),
    halfWidth === Infinity ? '' : formatRate(halfWidth),
    percent(shareOfBound, 1),
    bar(shareOfBound, BAR),
    ...(compared ? [policy === last ? '' : ratioText(ratio)] : []),
  ])
  const remarks = [
    ...atBoundRemarks(capacity),
    ...wideShareRemarks(capacity).map((remark) => `${remark}: give more --repeats or --queries`),
    ...(compared ? [`times ${last}: the ratio to ${last}, the last policy of --policy`] : []),
  ]
  const limit = ['bound of draws', formatRate(bound), '', '', '', ...(compared ? [''] : [])]
  const whole = [heading, ...rows, limit]
  const shown = lineWidth(whole) > room ? whole.map((cells) => cells.toSpliced(4, 1)) : whole
  const [header, ...lines] = shown
  return [
    bold(`${model} on ${fleetText(capacity)}: ${targetText(capacity)}`),
    dim(
      `${repeats} x ${formatCount(queries)} queries from seed ${capacity.seed}, ${capacity.arrivals} arrivals, ${serviceText(capacity.service)}; ±: 95% interval`,
    ),
    '',
    inColumns([header.map(bold), ...lines], shown === whole ? [0, 4] : [0]),
    ...(remarks.length > 0 ? [dim(`${remarks.join('\n')}\n`)] : []),
  ].join('\n')
}

function ratioText(ratio: Estimate | null): string {
  if (ratio === null) return ''
  const { mean, halfWidth } = ratio
  return halfWidth === Infinity ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${halfWidth.toFixed(2)}`
}
