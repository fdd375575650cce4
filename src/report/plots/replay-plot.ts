import { percentileOf } from '../../model/results/latencies.ts'
import type { Replay, ReplayComparison } from '../../model/results/replay.ts'
import { formatGiven, formatQueries } from '../numbers.ts'
import { fleetText, rateText } from '../phrases.ts'
import { markAt, type PlotPanel, type PlotSpec, quantity } from './plot.ts'
import { POLICY_LINES } from './policy-lines.ts'
import { timeAxis } from './time-axis.ts'

const WIDTH = 640
const HEIGHT = 200

/** The tail of one policy: latencies, and the percentages above 0 of the queries that take longer. */
export interface LatencyCurve {
  readonly policy: string
  readonly latencyMs: readonly number[]
  readonly slower: readonly number[]
}

/** Points of a curve, down to the slowest query or one in ten thousand. */
const STEPS = 200
const RAREST = 1e-4

/** The tail of the latencies of a replay. */
export function latencyCurve({ policy, latencyMs }: Replay): LatencyCurve {
  const sorted = latencyMs.toSorted()
  const least = Math.max(1 / sorted.length, RAREST)
  const slower = Array.from({ length: STEPS + 1 }, (_, i) => 100 * least ** (i / STEPS))
  return { policy, latencyMs: slower.map((share) => percentileOf(sorted, 100 - share)), slower }
}

/** Queries waiting over time above the tail of latency, one line per policy. */
export function replayPlot(results: ReplayComparison, curves: readonly LatencyCurve[]): PlotSpec {
  const { model, qosMs, percentile, rate, rows } = results
  return {
    title: {
      text: `${model} on ${fleetText(results)}`,
      subtitle: `${formatQueries(rows[0].queries)}${rateText(rate)}; ${percentile}% are to be served within ${formatGiven(qosMs)} ms (straight dashed lines)`,
    },
    vconcat: [queuePanel(results), latencyPanel(results, curves)],
  }
}

/** Powers of ten on a long logarithmic axis from 0, which by itself has multiples of 20,000, all at its end. */
function ticksUpTo(most: number): { readonly values?: number[] } {
  if (most < 10) return {}
  return {
    values: [0, ...Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, power) => 10 ** power)],
  }
}

/** What the panel of the queue shows. */
export const WAITING = 'queries waiting (log scale)'

/** @param title the title of the axis */
export function queuePanel({ rows }: ReplayComparison, title: string | null = WAITING): PlotPanel {
  const { unitMs, x } = timeAxis(
    Math.max(...rows.map(({ queue }) => queue.edgesMs[queue.edgesMs.length - 1])),
  )
  const values = rows.flatMap(({ policy, queue }) => {
    return Array.from(queue.mean, (waiting, k) => ({
      policy,
      at: (queue.edgesMs[k] + queue.edgesMs[k + 1]) / (2 * unitMs),
      waiting,
    }))
  })
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'line', strokeWidth: 1.8 },
    encoding: {
      x,
      // on a linear scale one growing queue would flatten all others
      y: {
        field: 'waiting',
        type: 'quantitative',
        title,
        axis: ticksUpTo(values.reduce((most, { waiting }) => Math.max(most, waiting), 0)),
        // without an extent the scale would have a single tick
        scale: { type: 'symlog', ...(values.every(({ waiting }) => waiting === 0) && { domain: [0, 1] }) },
      },
      ...POLICY_LINES,
    },
  }
}

export function latencyPanel(
  { qosMs, percentile }: ReplayComparison,
  curves: readonly LatencyCurve[],
): PlotPanel {
  const values = curves.flatMap(({ policy, latencyMs, slower }) => {
    return latencyMs.map((ms, i) => ({ policy, latencyMs: ms, slower: slower[i] }))
  })
  const allowed = 100 - percentile
  // without the padding, pixels, a target or an allowed share below all values would lie on the line of an axis
  const scale = { type: 'log', nice: false, padding: 6 } as const
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.8 },
        encoding: {
          x: quantity('latencyMs', 'latency (ms, log scale)', { scale }),
          y: quantity('slower', '% that take longer (log scale)', { scale }),
          order: { field: 'slower', type: 'quantitative' },
          ...POLICY_LINES,
        },
      },
      markAt('x', 'latency target, ms', qosMs),
      // a logarithmic scale has no 0
      ...(allowed > 0 ? [markAt('y', '% allowed', allowed)] : []),
    ],
  }
}
