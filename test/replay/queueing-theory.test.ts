/** Replays against formulas of queueing theory for a single server, first come, first served. */
import { expect, test } from 'vitest'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { replay } from '../../src/replay/replay.ts'

const QUERIES = 1_000_000

/** One server type with the given service time per batch size, 1 and 2, and half of the queries of each size. */
function workload(meanMs: readonly [number, number]): Workload {
  const batchSizes = Float64Array.of(1, 2)
  return {
    model: 'queue',
    latency: {
      types: ['server'],
      batchSizes,
      levels: Float64Array.of(0, 1),
      samples: new Float64Array(2).fill(1),
      meanMs: Float64Array.from(meanMs),
      knotsMs: Float64Array.from(meanMs.flatMap((ms) => [ms, ms])),
    },
    mix: { batchSizes, probabilities: Float64Array.of(0.5, 0.5) },
    qosMs: 1000,
    percentile: 99,
  }
}

// Pollaczek and Khinchine: the mean wait of M/G/1 is rate E[S^2] / (2 (1 - load))
test.each([
  ['M/D/1 at a load of 0.5', [10, 10], 50],
  ['M/D/1 at a load of 0.8', [10, 10], 80],
  ['M/G/1 with services of 4 and 16 ms at a load of 0.7', [4, 16], 70],
] as const)('the mean wait of %s is that of Pollaczek and Khinchine', (_, serviceMs, rate) => {
  const { mix, ...rest } = workload([...serviceMs])
  const trace = generateTrace({ arrivals: 'poisson', rate, queries: QUERIES, seed: 1, mix })
  const run = replay({ workload: { mix, ...rest }, types: ['server'], counts: [1], trace, policy: 'fcfs' })
  const waited = run.startMs.reduce((sum, startMs, i) => sum + startMs - trace.arrivalMs[i], 0)
  const [first, second] = serviceMs.map((ms) => ms / 1000)
  const load = (rate * (first + second)) / 2
  const expectedMs = (1000 * rate * (first ** 2 + second ** 2)) / 2 / (2 * (1 - load))
  // the mean of a million waits that depend on each other is known to about 1%
  expect(Math.abs(waited / QUERIES / expectedMs - 1)).toBeLessThan(0.01)
})
