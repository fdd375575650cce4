import { typesInUse } from '../../model/fleet/space.ts'
import type { Capacity } from '../../model/results/capacity.ts'
import type { PolicyComparison } from '../../model/results/comparison.ts'
import { shareInsideQos } from '../../model/results/latencies.ts'
import type { RateSweep, RunOverTime } from '../../model/results/over-time.ts'
import type { RankedConfiguration } from '../../model/results/ranking.ts'
import type { ReplayComparison } from '../../model/results/replay.ts'
import { capacityFigure } from '../figures/capacity.ts'
import { rateLatencyFigure } from '../figures/rate-latency.ts'
import { byShare, latencyFigure, overTimeFigure } from '../figures/replays.ts'
import { formatCount, formatPrice, formatQueries, formatRate, percent, sharePercent } from '../numbers.ts'
import { drawnText, fleetText, rateText, serviceText, targetText, verdictText } from '../phrases.ts'
import { type LatencyCurve, latencyCurve } from '../plots/replay-plot.ts'
import { atBoundRemarks, wideShareRemarks } from '../replay/capacity-remarks.ts'
import { formatLatency } from '../replay/replay-table.ts'
import { numeric, textual } from '../table-columns.ts'
import type { PageTable, ReportPage, Section } from './page.ts'

/** Replays of one trace, with what their figures need. */
export interface ReplayAnswer {
  readonly results: ReplayComparison
  readonly curves: readonly LatencyCurve[]
  readonly overTime: readonly RunOverTime[]
}

/** A comparison of policies without the replays themselves, which are large: only their tails are drawn. */
export interface Measured extends ReplayAnswer {
  readonly capacity: Capacity
  readonly sweeps: readonly RateSweep[]
}

export function measuredOf({ replays, ...rest }: PolicyComparison): Measured {
  return { ...rest, curves: replays.map(latencyCurve) }
}

export function measuredSections({ capacity, sweeps, ...replays }: Measured): Section[] {
  const { results } = replays
  return [capacitySection(capacity, sweeps), ...replaySections(replays, results.rows, drawnText(results))]
}

/**
 * The page of a ranking whose best configuration was measured: the heading says what it sustains, and the bound stands
 * behind the question.
 */
export function withMeasured(page: ReportPage, measured: Measured, best: RankedConfiguration): ReportPage {
  const sections = [...page.sections, ...measuredSections(measured)]
  const { capacity } = measured
  const { mean } = bestOf(capacity)
  if (mean === 0) return { ...page, sections }
  const isShort = mean > capacity.bound
  const why = isShort ? 'they are short' : 'they draw other queries than the tables have'
  const exceeds = mean > best.bound && formatRate(mean) !== formatRate(best.bound)
  const excess = exceeds ? `, which these replays exceed because ${why}` : ''
  return {
    title: sustainedText(capacity, ` for $${formatPrice(best.costPerHour)} an hour`),
    subtitle: `${page.subtitle}; the bound is ${formatRate(best.bound)} queries a second${excess}`,
    sections,
  }
}

/**
 * @param rows what the texts and the table say; the figures show the rows of the answer
 * @param times where the service times come from
 */
export function replayPage(
  answer: ReplayAnswer,
  rows = answer.results.rows,
  times = drawnText(answer.results),
): ReportPage {
  const { results } = answer
  const [best] = byShare(rows)
  return {
    title: `${best.policy} serves ${sharePercent(shareInsideQos(best))} in time on ${fleetText(results)}`,
    subtitle: `${results.model}: ${targetText(results)}; ${replayText(rows, results.rate, times)}`,
    sections: replaySections(answer, rows, times),
  }
}

export function capacityPage(capacity: Capacity, sweeps: readonly RateSweep[]): ReportPage {
  return {
    title: sustainedText(capacity),
    subtitle: `${capacity.model}: ${targetText(capacity)}; ${capacityText(capacity)}`,
    sections: [capacitySection(capacity, sweeps)],
  }
}

function bestOf({ results }: Capacity) {
  return results.toSorted((a, b) => b.mean - a.mean)[0]
}

/** g4dn.xlarge=2,r5n.large=9 sustains 676.3 queries a second under priced */
function sustainedText(capacity: Capacity, cost = ''): string {
  const { mean, policy } = bestOf(capacity)
  return `${fleetText(capacity)} sustains ${formatRate(mean)} queries a second${cost} under ${policy}`
}

function capacityText({ repeats, queries, seed, arrivals, service }: Capacity): string {
  return `${repeats} x ${formatCount(queries)} queries from seed ${seed}, ${arrivals} arrivals, ${serviceText(service)}`
}

const SHORT =
  'These replays are short: queries that wait at their end are served after the last arrival, so they allow more than the long run does.'

function capacitySection(capacity: Capacity, sweeps: readonly RateSweep[]): Section {
  const { results, bound } = capacity
  const remarks = [
    ...atBoundRemarks(capacity),
    ...wideShareRemarks(capacity).map((remark) => `${remark}: more repetitions or queries make it narrower`),
  ]
  return {
    id: 'capacity',
    title: 'Allowable throughput by policy',
    paragraphs: [
      `The highest rate that keeps ${targetText(capacity)}: ${capacityText(capacity)}. The fluid bound of the sizes and service times that these replays draw is ${formatRate(bound)} queries a second.`,
      ...(results.some(({ mean }) => mean > bound) ? [SHORT] : []),
    ],
    tables: [
      {
        id: 'capacity',
        caption: 'Allowable throughput; ±: 95% interval',
        columns: [textual('policy'), numeric('allowable q/s'), numeric('±'), numeric('of the bound')],
        rows: results.map(({ policy, mean, halfWidth, shareOfBound }) => [
          policy,
          formatRate(mean),
          Number.isFinite(halfWidth) ? formatRate(halfWidth) : '',
          percent(shareOfBound, 1),
        ]),
        note: remarks.length > 0 ? `${remarks.join('. ')}.` : undefined,
      },
    ],
    figures: [
      capacityFigure(capacity),
      ...(sweeps.length > 0 ? [rateLatencyFigure(capacity, sweeps, bound)] : []),
    ],
  }
}

type Rows = ReplayComparison['rows']

function replayText(rows: Rows, rate: number | null, times: string): string {
  const [least, most] = [Math.min, Math.max].map((limit) => limit(...rows.map(({ queries }) => queries)))
  const from = least < most ? `${formatCount(least)} to ` : ''
  return `${from}${formatQueries(most)}${rateText(rate)}, ${times}`
}

function replaySections({ results, curves, overTime }: ReplayAnswer, rows: Rows, times: string): Section[] {
  return [
    {
      id: 'replay',
      title: 'Latency by policy',
      paragraphs: [`${replayText(rows, results.rate, times)}.`],
      tables: [replayTable(results, rows)],
      figures: [latencyFigure(results, curves), overTimeFigure(results, overTime)],
    },
  ]
}

function replayTable({ types, counts }: ReplayComparison, rows: Rows): PageTable {
  const used = typesInUse(counts)
  const latencies = ['avg', 'p50', 'p90', 'p99', 'max'] as const
  return {
    id: 'replay',
    caption: 'Each policy on the same queries; latencies in ms',
    columns: [
      textual('policy'),
      numeric('inside QoS'),
      numeric('violations'),
      ...latencies.map(numeric),
      ...used.map((t) => numeric(`${types[t]} busy`)),
      textual('verdict'),
    ],
    rows: rows.map((row) => [
      row.policy,
      sharePercent(shareInsideQos(row)),
      formatCount(row.violations),
      ...latencies.map((name) => formatLatency(row.latencyMs[name])),
      ...used.map((t) => percent(row.utilisation[t], 1)),
      verdictText(row),
    ]),
  }
}
