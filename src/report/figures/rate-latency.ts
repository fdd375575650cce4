import type { RateSweep } from '../../model/results/over-time.ts'
import type { ConfigurationSummary } from '../../model/results/subject.ts'
import { formatFigure, formatRate } from '../numbers.ts'
import { fleetText } from '../phrases.ts'
import { markAt, quantity } from '../plots/plot.ts'
import { POLICY_LINES } from '../plots/policy-lines.ts'
import type { Figure } from './figure.ts'

/** The tail of latency against the arrival rate, by policy: flat below the knee, steep above it. */
export function rateLatencyFigure(
  fleet: ConfigurationSummary,
  sweeps: readonly RateSweep[],
  bound: number,
): Figure {
  const { qosMs, percentile } = fleet
  const values = sweeps.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })))
  const reach = sweeps.map(({ policy, points }) => {
    const inside = points.filter(({ tailMs }) => tailMs <= qosMs)
    return { policy, rate: inside.at(-1)?.rate ?? 0 }
  })
  const best = reach.toSorted((a, b) => b.rate - a.rate)[0]
  const title =
    best.rate > 0
      ? `${best.policy} keeps p${percentile} within ${formatFigure(qosMs)} ms in a replay at ${formatRate(best.rate)} queries a second`
      : `No policy keeps p${percentile} within ${formatFigure(qosMs)} ms at the rates that were replayed`
  return {
    id: 'rate-latency',
    title,
    caption: `Each point is one replay on ${fleetText(fleet)}, which may keep the target at a higher rate than can be sustained. Straight dashed lines: the target, and the fluid bound, which no policy exceeds in the long run.`,
    alt: reach
      .map(({ policy, rate }) => {
        return rate > 0
          ? `${policy} is within the target up to ${formatRate(rate)} queries a second.`
          : `${policy} misses the target at every rate.`
      })
      .join(' '),
    spec: {
      width: 640,
      height: 260,
      layer: [
        {
          data: { values },
          mark: { type: 'line', point: { size: 30 }, strokeWidth: 1.5 },
          encoding: {
            x: quantity('rate', 'arrival rate, queries a second', { scale: { zero: false } }),
            y: quantity('tailMs', `p${percentile} latency (ms, log scale)`, {
              scale: { type: 'log' as const },
            }),
            ...POLICY_LINES,
          },
        },
        markAt('y', 'latency target, ms', qosMs),
        markAt('x', 'fluid bound', bound),
      ],
    },
    data: {
      columns: ['policy', 'queries_per_second', `p${percentile}_latency_ms`, 'late_queries'],
      rows: values.map(({ policy, rate, tailMs, violations }) => [policy, rate, tailMs, violations]),
    },
  }
}
