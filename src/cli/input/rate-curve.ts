import { InvalidArgumentError, Option } from 'commander'
import { parseTimestamp, textOfTime } from '../../files/io/timestamp.ts'
import { type RateCurve, readRates, windowLength } from '../../files/tables/rates.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { type RateStatistic, ratesOfTrace } from '../../plan/rates.ts'
import { readTraceShowing } from './arrivals.ts'
import { parseSeconds } from './times.ts'
import { parseInstant } from './window.ts'

export interface RateCurveFlags {
  readonly rates?: string
  readonly trace?: string
  readonly window?: number
  /** `peak`, `mean`, or a percentile such as `p95`: its text, so that a saved configuration can be read again. */
  readonly statistic: string
  readonly begin?: string
  readonly emit?: string
  readonly quiet?: boolean
}

/** A rate curve with the length of its windows, and when the first one begins, if that is known. */
export interface DatedCurve extends RateCurve {
  readonly windowS: number
  readonly begin?: string
}

export const rateCurveFlags = () => [
  new Option('--rates <file>', 'a rate curve: start_s,rate_qps, or the JSON of a range query of Prometheus'),
  new Option('--trace <file>', 'a trace whose rates are taken by window: arrival_ms,batch_size'),
  new Option(
    '--window <seconds>',
    'length of a window, or 10min, 1h (default: the length in the curve; 600 for a trace)',
  ).argParser(parseSeconds),
  new Option(
    '--statistic <name>',
    'the rate of a window of a trace: peak or mean of its tenths, or p0 to p100',
  )
    .default('peak')
    .argParser(parseStatistic),
  new Option(
    '--begin <time>',
    'the instant of time 0 of the rates, such as 2026-11-18T09:30:00Z: trace convert prints it; schedules for tools begin then',
  ).argParser(parseInstant),
]

/** The rates that flags name. */
export async function readCurve(given: RateCurveFlags): Promise<DatedCurve> {
  const { begin } = given
  if (given.rates === undefined && given.trace === undefined) {
    throw new KairosError('BAD_USAGE', 'no rates are given', {}, 'name a --rates file or a --trace')
  }
  if (given.rates !== undefined) {
    const curve = await readRates(given.rates)
    if (given.window !== undefined && curve.windowS !== undefined && given.window !== curve.windowS) {
      const problem = `is ${given.window}, the windows of ${given.rates} last ${curve.windowS} s`
      refuseUsage('--window', problem, 'leave it out')
    }
    if (given.emit !== undefined && begin === undefined && curve.firstS !== 0) {
      const problem = `starts at ${curve.firstS} s, a schedule for tools starts at midnight`
      const cure =
        'let the curve begin at 0 for midnight UTC, on Monday for a week; or say when time 0 is, with --begin'
      throw new KairosError('BAD_FILE', problem, { file: given.rates, field: 'start_s' }, cure)
    }
    const windowS = given.window ?? windowLength(curve, given.rates)
    return { ...curve, windowS, ...beginOf(begin ?? curve.begin, curve.firstS) }
  }
  const windowS = given.window ?? 600
  const trace = await readTraceShowing(given.trace!, given.quiet, {})
  const rateQps = ratesOfTrace(trace, { windowS, statistic: statisticOf(given.statistic)! })
  return { firstS: 0, windowS, rateQps, ...beginOf(begin, 0) }
}

function beginOf(begin: string | undefined, firstS: number): { begin?: string } {
  return begin === undefined ? {} : { begin: textOfTime(parseTimestamp(begin)!, 1000 * firstS) }
}

function parseStatistic(text: string): string {
  if (statisticOf(text) !== undefined) return text
  throw new InvalidArgumentError('Expected peak, mean, or a percentile such as p95.')
}

function statisticOf(text: string): RateStatistic | undefined {
  if (text === 'peak' || text === 'mean') return text
  const percentile = /^p(\d+(?:\.\d*)?)$/.exec(text)?.[1]
  return percentile !== undefined && Number(percentile) <= 100 ? Number(percentile) : undefined
}
