import fc from 'fast-check'
import { POLICIES } from '../../../src/dispatch/policies.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'
import { type Disturbance, fleetOf, type Scenario } from './disturbed.ts'
import type { Mode } from './virtual.ts'

/** Every policy with every kind of admission. */
export const EVERY_WAY = POLICIES.flatMap((policy) =>
  (['target', 'all'] as const).map((admission) => ({
    policy,
    admission,
    name: `${policy.name}, admission ${admission}`,
  })),
)

/** Requests a second at most, to limit the duration of a test. */
const MOST_RATE = 150

/** A workload of types whose larger batch takes the given time, and the smaller one half of it. */
export function workloadOf(qosMs: number, largeMs: readonly number[]): Workload {
  const batchSizes = Float64Array.of(1, 10)
  const means = largeMs.flatMap((ms) => [ms / 2, ms])
  return {
    model: 'random',
    latency: {
      types: largeMs.map((_, t) => `type${t}`),
      batchSizes,
      levels: Float64Array.of(0, 0.5, 1),
      samples: new Float64Array(means.length).fill(100),
      meanMs: Float64Array.from(means),
      knotsMs: Float64Array.from(means.flatMap((ms) => [0.8 * ms, ms, 1.2 * ms])),
    },
    mix: { batchSizes, probabilities: Float64Array.of(0.5, 0.5) },
    qosMs,
    percentile: 99,
  }
}

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  fromMs: fc.integer({ min: 0, max: 3_000 }),
  forMs: fc.integer({ min: 50, max: 4_000 }),
  servers: fc.oneof(
    fc.constant([0, 1, 2, 3, 4, 5]),
    fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
  ),
  mode: fc.constantFrom<Mode>('well', 'well', 'well', 'dead', 'hung', 'garbage', 'failing', 'declining'),
  slower: fc.oneof(fc.double({ min: 1.2, max: 4, noNaN: true }), fc.integer({ min: 1, max: 30 })),
})

/**
 * The share of the capacity that is asked for. The two sides of a threshold do not help each other, and with two batch
 * sizes they are unequal.
 */
const LOAD = 0.6
const THRESHOLD_LOAD = 0.35

/** Fleets of one or two types, and what disturbs them. */
export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    qosMs: fc.integer({ min: 5, max: 350 }),
    share: fc.double({ min: 0.15, max: 0.6, noNaN: true }),
    slowerType: fc.double({ min: 1, max: 1.5, noNaN: true }),
    counts: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })),
    way: fc.constantFrom(...EVERY_WAY),
    seed: fc.nat(1e6),
    atOnce: fc.oneof(fc.constant(0), fc.nat(200)),
    disturbances: fc.array(disturbance, { minLength: 1, maxLength: 4 }),
  })
  .map(({ qosMs, share, slowerType, counts, way, seed, atOnce, disturbances }) => {
    const largeMs = [share * qosMs, share * slowerType * qosMs]
    const capacity = counts.reduce((sum, count, t) => sum + (count * 1000) / (0.75 * largeMs[t]), 0)
    const workload = workloadOf(qosMs, largeMs)
    const fleet = fleetOf(workload.latency.types, counts)
    const { policy, admission } = way
    const load = policy.name === 'threshold' ? THRESHOLD_LOAD : LOAD
    const rate = Math.min(load * capacity, MOST_RATE)
    return { workload, fleet, policy, admission, rate, seed, atOnce, disturbances }
  })
