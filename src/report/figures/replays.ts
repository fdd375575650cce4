/** Figures of replays under several policies: the tail of latency, and the run over time. */

import { counted } from '../../model/counted.ts'
import { typesInUse } from '../../model/fleet/space.ts'
import { shareInsideQos } from '../../model/results/latencies.ts'
import type { RunOverTime } from '../../model/results/over-time.ts'
import type { ReplayComparison } from '../../model/results/replay.ts'
import { formatCount, formatFigure, percent, sharePercent } from '../numbers.ts'
import { fleetText } from '../phrases.ts'
import { type PlotPanel, quantity, scaleFromZero } from '../plots/plot.ts'
import { POLICY_LINES } from '../plots/policy-lines.ts'
import { type LatencyCurve, latencyPanel, queuePanel, WAITING } from '../plots/replay-plot.ts'
import { shortNames } from '../plots/short-names.ts'
import { timeAxis } from '../plots/time-axis.ts'
import type { Figure } from './figure.ts'

/** The share of queries that take longer than a latency, by policy, on two logarithmic axes. */
export function latencyFigure(results: ReplayComparison, curves: readonly LatencyCurve[]): Figure {
  const { qosMs, percentile, rows } = results
  const best = byShare(rows)[0]
  const title = `${best.policy} serves ${sharePercent(shareInsideQos(best))} within ${formatFigure(qosMs)} ms; ${percentile}% are the target`
  return {
    id: 'latency',
    title,
    caption: `Tail of the latencies on ${fleetText(results)}. Straight dashed lines: the target and the share that may miss it.`,
    alt: rows
      .map(({ policy, latencyMs, ...row }) => {
        return `${policy}: ${sharePercent(shareInsideQos(row))} within the target, median ${formatFigure(latencyMs.p50)} ms, 99th percentile ${formatFigure(latencyMs.p99)} ms.`
      })
      .join(' '),
    spec: latencyPanel(results, curves) as Figure['spec'],
    data: {
      columns: ['policy', 'latency_ms', 'percent_slower'],
      rows: curves.flatMap(({ policy, latencyMs, slower }) =>
        latencyMs.map((ms, i) => [policy, ms, slower[i]]),
      ),
    },
  }
}

/** Rows by their share inside the target, best first: a run that ended early has fewer queries than others. */
export function byShare(rows: ReplayComparison['rows']) {
  return rows.toSorted((a, b) => shareInsideQos(b) - shareInsideQos(a))
}

function lateText(violations: number): string {
  return counted(violations, 'late query', 'late queries')
}

/** The height of one of several panels in a column, pixels. */
const PANEL_HEIGHT = 110

/** A low panel has its title above it: beside it, a title would need more height than the panel has. */
const lowPanel = (text: string, panel: PlotPanel) =>
  ({
    ...panel,
    title: { text, anchor: 'start', fontSize: 12, fontWeight: 'normal', offset: 8 },
    height: PANEL_HEIGHT,
  }) as PlotPanel

/** Queries waiting, late queries and utilisation over time, one line per policy. */
export function overTimeFigure(results: ReplayComparison, runs: readonly RunOverTime[]): Figure {
  const { types, counts, rows } = results
  const used = typesInUse(counts)
  /** Rows and runs are of the same replays, over the same intervals. */
  const queues = new Map(rows.map(({ policy, queue }) => [policy, queue.mean]))
  const short = shortNames(types)
  const { unitMs, x } = timeAxis(Math.max(0, ...runs.map(({ edgesMs }) => edgesMs[edgesMs.length - 1])))
  const values = runs.flatMap(({ policy, edgesMs, lateShare, utilisation }) => {
    return Array.from(lateShare, (late, k) => ({
      policy,
      at: (edgesMs[k] + edgesMs[k + 1]) / (2 * unitMs),
      late: 100 * late,
      ...Object.fromEntries(used.map((t) => [`busy${t}`, 100 * utilisation[t][k]])),
    }))
  })
  const ranked = byShare(rows)
  const [least, most] = [ranked[0], ranked[ranked.length - 1]]
  const of = ({ queries }: typeof least) =>
    rows.some((row) => row.queries !== queries) ? ` of ${formatCount(queries)}` : ''
  const title =
    shareInsideQos(most) < shareInsideQos(least)
      ? `${most.policy} has ${lateText(most.violations)}${of(most)}, ${least.policy} ${formatCount(least.violations)}${of(least)}`
      : `${least.policy} has ${lateText(least.violations)}${of(least)}`
  const line = (field: string, text: string) =>
    lowPanel(text, {
      width: 640,
      data: { values },
      mark: { type: 'line', strokeWidth: 1.5 },
      encoding: {
        x,
        y: quantity(
          field,
          null,
          scaleFromZero(values.map((value) => Number(value[field as keyof typeof value]))),
        ),
        ...POLICY_LINES,
      },
    })
  return {
    id: 'over-time',
    title,
    caption: `Queries waiting, queries that miss the target by their arrival, and busy instances of each type, over time on ${fleetText(results)}.`,
    alt: rows
      .map(({ policy, violations, verdict, utilisation }) => {
        const busy = used.map((t) => `${types[t]} busy ${percent(utilisation[t], 0)}`)
        return `${policy}: ${lateText(violations)}, queue ${verdict}, ${busy.join(', ')}.`
      })
      .join(' '),
    spec: {
      vconcat: [
        lowPanel(WAITING, queuePanel(results, null)),
        line('late', '% late'),
        ...used.map((t) => line(`busy${t}`, `% busy, ${short[t]}`)),
      ],
    },
    data: {
      columns: [
        ...['policy', 'from_ms', 'to_ms', 'queries_waiting', 'late_share'],
        ...used.map((t) => `busy_share_${types[t]}`),
      ],
      rows: runs.flatMap(({ policy, edgesMs, lateShare, utilisation }) => {
        return Array.from(lateShare, (late, k) => [
          ...[policy, edgesMs[k], edgesMs[k + 1], queues.get(policy)![k], late],
          ...used.map((t) => utilisation[t][k]),
        ])
      }),
    },
  }
}
