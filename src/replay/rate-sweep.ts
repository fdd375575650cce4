/** The tail of latency at several arrival rates: flat below the knee, steep above it. */
import type { Policy } from '../dispatch/policy.ts'
import { percentileOf } from '../model/results/latencies.ts'
import type { RatePoint, RateSweep } from '../model/results/over-time.ts'
import { scaleToRate } from '../model/trace/trace.ts'
import { type ReplayRequest, replay } from './replay.ts'

/** The rates, as shares of the bound: close together where knees are. */
const SHARES = [0.3, 0.45, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]

/**
 * Replays one trace at rates up to the bound: gaps are scaled, sizes and service times stay.
 *
 * @param request its trace has two different arrivals at least
 * @param bound the fluid bound of the configuration, queries per second
 */
export function rateSweep(request: ReplayRequest, bound: number, policy: string): RateSweep {
  return { policy, points: [...sweepPoints(request, bound, policy)] }
}

/** The points of `rateSweep`, one replay each. */
export function* sweepPoints(
  request: ReplayRequest,
  bound: number,
  policy: Policy | string,
): Generator<RatePoint> {
  const { trace, workload } = request
  for (const share of SHARES) {
    const rate = share * bound
    const run = replay({ ...request, policy, trace: scaleToRate(trace, rate) })
    const tailMs = percentileOf(run.latencyMs.sort(), workload.percentile)
    yield { rate, tailMs, violations: run.violations }
  }
}
