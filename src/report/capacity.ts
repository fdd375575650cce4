import { writeToString } from 'fast-csv'
import { configurationText, inColumns, percent, styles } from './columns.ts'
import { bar, formatCount, formatRate } from './numbers.ts'

/** A mean of repetitions and the half width of its interval: Infinity where there is only one. */
interface Estimate {
  readonly mean: number
  readonly halfWidth: number
}

interface CapacityRow extends Estimate {
  readonly policy: string
  /** The share of the fluid bound that is reached. */
  readonly shareOfBound: number
  /** How many times what the last policy allows, repetition by repetition; null where that is nothing. */
  readonly ratio: Estimate | null
  readonly rates: readonly number[]
  readonly refused: readonly number[]
  readonly replays: number
}

/** What a configuration allows under some policies. */
export interface CapacityResults {
  readonly model: string
  readonly qosMs: number
  readonly percentile: number
  readonly types: readonly string[]
  readonly counts: readonly number[]
  readonly service: string
  readonly arrivals: string
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  /** The fluid bound, queries a second. */
  readonly bound: number
  readonly results: readonly CapacityRow[]
}

const BAR = 24

export function capacityText(capacity: CapacityResults, format: string, color: boolean): Promise<string> {
  if (format === 'json') return Promise.resolve(`${JSON.stringify(capacity, finite, 2)}\n`)
  return format === 'csv' ? csv(capacity) : Promise.resolve(text(capacity, color))
}

/** JSON has no Infinity: what is not known is null. */
function finite(_key: string, value: unknown): unknown {
  return value === Infinity ? null : value
}

function csv({ bound, results }: CapacityResults): Promise<string> {
  const header = ['policy', 'allowable_qps', 'half_width_qps', 'bound_qps', 'share_of_bound']
  const known = (value: number | undefined) => (value === Infinity ? undefined : value)
  const lines = results.map(({ policy, mean, halfWidth, shareOfBound, ratio }) => [
    ...[policy, mean, known(halfWidth), bound, shareOfBound],
    ...[ratio?.mean, known(ratio?.halfWidth)],
  ])
  return writeToString([[...header, 'ratio', 'ratio_half_width'], ...lines], { includeEndRowDelimiter: true })
}

function text(capacity: CapacityResults, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, qosMs, percentile, types, counts, queries, repeats, results, bound } = capacity
  const last = results[results.length - 1].policy
  const compared = results.length > 1
  const header = ['policy', 'allowable q/s', '±', 'of the bound', '', ...(compared ? [`times ${last}`] : [])]
  const lines = results.map(({ policy, mean, halfWidth, shareOfBound, ratio }) => [
    policy,
    formatRate(mean),
    within(halfWidth, 2),
    percent(shareOfBound, 1),
    bar(shareOfBound, BAR),
    ...(compared ? [policy === last ? '' : ratioText(ratio)] : []),
  ])
  const limit = ['fluid bound', formatRate(bound), '', '', '', ...(compared ? [''] : [])]
  const services = capacity.service === 'mean' ? 'mean service times' : 'sampled service times'
  return [
    bold(`${model} on ${configurationText(types, counts)}: ${percentile}% of queries within ${qosMs} ms`),
    dim(
      `${repeats} x ${formatCount(queries)} queries from seed ${capacity.seed}, ${capacity.arrivals} arrivals, ${services}; ±: 95% interval`,
    ),
    '',
    inColumns([header.map(bold), ...lines, limit], [0, 4]),
  ].join('\n')
}

function within(halfWidth: number, digits: number): string {
  return halfWidth === Infinity ? '' : halfWidth.toFixed(digits)
}

function ratioText(ratio: Estimate | null): string {
  if (ratio === null) return ''
  const { mean, halfWidth } = ratio
  return halfWidth === Infinity ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${halfWidth.toFixed(2)}`
}
