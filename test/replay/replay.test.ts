import { describe, expect, it } from 'vitest'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { metricsOf } from '../../src/replay/metrics.ts'
import { type ReplayRequest, replay } from '../../src/replay/replay.ts'
import { GOLDEN_REPLAYS, goldenReplay } from '../fixtures/golden-replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

const small: ReplayRequest = {
  workload: smallWorkload(),
  types: ['fast', 'slow'],
  counts: [1, 1],
  trace: { arrivalMs: Float64Array.of(0, 0, 1, 50), batchSize: Float64Array.of(100, 1, 7, 2) },
  policy: 'fcfs',
  service: 'mean',
}

describe('replay', () => {
  it.each([0, -1, 1.5, Number.NaN, Infinity, 1e9, '2'])('refuses %s ranges or intervals', (many) => {
    const replayed = replay(small)
    const problem = `is ${many === '2' ? '"2"' : many}; a whole number`
    expect(() => metricsOf(replayed, { ranges: many as number })).toThrow(`ranges: ${problem}`)
    expect(() => metricsOf(replayed, { intervals: many as number })).toThrow(`intervals: ${problem}`)
  })

  it.each(GOLDEN_REPLAYS)('gives the figures of %s', async (name) => {
    const { summary, arrivalMs, batchSize, instance } = goldenReplay(name)
    const workload = await readWorkload(summary.model)
    const { counts, policy } = summary
    const trace = { arrivalMs, batchSize }
    const replayed = replay({ workload, types: TYPES, counts, policy, trace, service: 'mean' })
    const metrics = metricsOf(replayed)
    expect(replayed.instance).toEqual(instance)
    expect([metrics.queries, metrics.violations, metrics.decisions]).toEqual([
      summary.queries,
      summary.violations,
      summary.decisions,
    ])
    expect(metrics.latencyMs.p50).toBeCloseTo(summary.p50Ms, 5)
    expect(metrics.latencyMs.p99).toBeCloseTo(summary.p99Ms, 5)
    expect(metrics.latencyMs.avg).toBeCloseTo(summary.meanMs, 5)
    expect(metrics).toMatchObject({ policy, withinQos: true, verdict: 'stable', tooFewQueries: false })
  })

  it('says what happened to every query', () => {
    const replayed = replay(small)
    expect([...replayed.instance]).toEqual([0, 1, 1, 0])
    expect([...replayed.startMs]).toEqual([0, 0, 4, 50])
    // a size of 7 is served as 10, and one of 2 too
    expect([...replayed.finishMs]).toEqual([10, 4, 24, 52])
    expect([...replayed.latencyMs]).toEqual([10, 4, 23, 2])
    expect([...replayed.busyMs]).toEqual([12, 24])
    expect(replayed.violations).toBe(1)
    const metrics = metricsOf(replayed, { ranges: 2, intervals: 2 })
    expect(metrics.throughput).toBeCloseTo(4000 / 52, 10)
    expect(metrics.utilisation).toEqual([12 / 52, 24 / 52])
    expect(metrics.byBatchSize).toEqual([
      { above: 0, upTo: 50, queries: 3, share: [1 / 3, 2 / 3] },
      { above: 50, upTo: 100, queries: 1, share: [1, 0] },
    ])
    expect(metrics).toMatchObject({ withinQos: false, tooFewQueries: true })
    expect([...metrics.queue.most]).toEqual([1, 0])
  })

  it('counts from the first arrival, and keeps the target with as many late queries as may be', () => {
    const arrivalMs = Float64Array.of(1000, 1000, 1001, 1050)
    const replayed = replay({ ...small, trace: { arrivalMs, batchSize: small.trace.batchSize } })
    const { throughput, utilisation, queue } = metricsOf(replayed, { intervals: 2 })
    expect(throughput).toBeCloseTo(4000 / 52, 10)
    expect(utilisation).toEqual([12 / 52, 24 / 52])
    expect([...queue.edgesMs]).toEqual([1000, 1026, 1052])
    // one of four is late
    const metricsAt = (percentile: number) => metricsOf({ ...replayed, percentile })
    expect(metricsAt(75)).toMatchObject({ withinQos: true, tooFewQueries: false })
    expect(metricsAt(76)).toMatchObject({ withinQos: false, tooFewQueries: true })
  })

  it('a type that is always busy is busy all of the time, and no rounding error more', async () => {
    const workload = await readWorkload('ncf')
    for (const seed of [1, 11]) {
      const trace = generateTrace({
        arrivals: 'poisson',
        rate: 1e6,
        queries: 5,
        seed,
        mix: workload.mix,
      })
      const run = replay({ ...small, workload, types: ['c5n.2xlarge'], counts: [1], trace })
      const [busy] = metricsOf(run).utilisation
      expect(busy).toBeLessThanOrEqual(1)
      expect(busy).toBeCloseTo(1, 9)
    }
  })

  it('shares the time of a type among its instances', () => {
    const { utilisation } = metricsOf(replay({ ...small, counts: [2, 0] }))
    // 10, 1 and 2 ms, and 2 ms from 50 on
    expect(utilisation).toEqual([15 / (2 * 52), 0])
  })

  it('calls a replay in batches backlogged where more items wait after the last arrival than may', () => {
    // 1,000 items in 10 s: 2 of 1,000 may wait, and those that arrive within the target of 20 ms
    const queries = 1000
    const arrivalMs = Float64Array.from({ length: queries }, (_, i) => (10_000 * i) / (queries - 1))
    const verdictOf = (waiting: number, more: object) => {
      // the one before starts with the last arrival: it does not wait after it
      const startMs = arrivalMs.map((ms, query) => {
        return query >= queries - waiting ? 10_001 : query === queries - waiting - 1 ? 10_000 : ms
      })
      const filled = { instance: new Int32Array(queries), latencyMs: new Float64Array(queries) }
      const batchSize = new Float64Array(queries).fill(7)
      const replayed = { ...replay(small), ...filled, arrivalMs, startMs, batchSize, lastFinishMs: 10_010 }
      return metricsOf({ ...replayed, ...more }).verdict
    }
    const formsBatches = true
    expect([2, 3].map((waiting) => verdictOf(waiting, { formsBatches }))).toEqual(['stable', 'backlogged'])
    expect([20, 21].map((waiting) => verdictOf(waiting, { formsBatches, qosMs: 200 }))).toEqual([
      'stable',
      'backlogged',
    ])
    // without batches no query is given up
    expect(verdictOf(3, {})).toBe('stable')
    expect(verdictOf(3, { batch: Int32Array.from(arrivalMs.keys()) })).toBe('stable')
    // a queue that grows all the time says more
    const growing = arrivalMs.map((ms) => 1.5 * ms)
    expect(verdictOf(0, { formsBatches, startMs: growing, lastFinishMs: 15_000 })).toBe('overloaded')
  })

  it.each([
    [64, 10, [7, 14, 21, 28, 35, 42, 49, 56, 63, 64]],
    [3, 10, [1, 2, 3]],
    [4.5, 2, [3, 4.5]],
    [0.5, 2, [0.25, 0.5]],
  ])('limits ranges of sizes up to %s, at most %s, at whole numbers', (largest, ranges, limits) => {
    const trace = { arrivalMs: Float64Array.of(0, 1), batchSize: Float64Array.of(largest / 2, largest) }
    const { byBatchSize } = metricsOf(replay({ ...small, trace }), { ranges })
    expect(byBatchSize.map(({ upTo }) => upTo)).toEqual(limits)
    expect(byBatchSize.map(({ above }) => above)).toEqual([0, ...limits.slice(0, -1)])
    expect(byBatchSize.reduce((sum, { queries }) => sum + queries, 0)).toBe(2)
    const empty = byBatchSize.filter(({ queries }) => queries === 0)
    expect(empty.flatMap(({ share }) => [...share]).every((share) => share === 0)).toBe(true)
  })

  it('draws service times that depend on the seed, not on the policy or the kernel', async () => {
    const { arrivalMs, batchSize } = goldenReplay('rm2-fcfs')
    const workload = await readWorkload('rm2')
    const trace = { arrivalMs: arrivalMs.subarray(0, 600), batchSize: batchSize.subarray(0, 600) }
    const run = (more: Partial<ReplayRequest>) =>
      replay({ workload, types: TYPES, counts: [0, 0, 40, 0], trace, service: 'sampled', ...more })
    const served = ({ startMs, finishMs }: { startMs: Float64Array; finishMs: Float64Array }) =>
      finishMs.map((finish, query) => Math.round(1e6 * (finish - startMs[query])))
    const once = run({})
    expect(run({ kernel: 'fallback' })).toEqual(once)
    expect(served(run({ policy: 'fcfs' }))).toEqual(served(once))
    expect(served(run({ seed: 2 }))).not.toEqual(served(once))
    // within the knots, and about their means
    const { meanMs, knotsMs, levels, batchSizes } = workload.latency
    const row = 2 * batchSizes.length
    let drawn = 0
    let expected = 0
    once.batchSize.forEach((size, query) => {
      const bin = row + Math.ceil(size / 10) - 1
      const ms = once.finishMs[query] - once.startMs[query]
      expect(ms).toBeGreaterThan(knotsMs[bin * levels.length] - 1e-6)
      expect(ms).toBeLessThan(knotsMs[bin * levels.length + levels.length - 1] + 1e-6)
      drawn += ms
      expected += meanMs[bin]
    })
    expect(drawn / expected).toBeCloseTo(1, 2)
  })

  it('refuses a policy that never starts a query, with a cure', () => {
    const waits = {
      name: 'waits',
      summary: 'starts nothing',
      prepare: () => () => ({ kind: 'partition', ...groups }) as const,
    }
    const groups = { groupOfType: Float64Array.of(0, 0), groupOfBin: new Float64Array(3).fill(1) }
    expect(() => replay({ ...small, policy: waits })).toThrow(
      /^policy: waits never starts \d+ quer.*; choose another/,
    )
  })

  it('refuses what does not fit', () => {
    const run = (more: object) => () => replay({ ...small, ...more })
    expect(run({ counts: [0, 0] })).toThrow('counts: the configuration has no instance')
    expect(run({ counts: [1, 1, 1] })).toThrow('counts: has 3 numbers')
    expect(run({ counts: undefined })).toThrow('counts: is undefined; one for each of')
    expect(run({ types: undefined })).toThrow('types: is undefined; a list of')
    expect(run({ service: 'median' })).toThrow('service: is "median"; it is one of mean, sampled')
    expect(run({ service: 'sampled', seed: -1 })).toThrow('seed: is -1')
    expect(run({ policy: 'fcsf' })).toThrow('did you mean "fcfs"?')
    const trace = (arrivals: number[], sizes: number[]) =>
      run({ trace: { arrivalMs: Float64Array.from(arrivals), batchSize: Float64Array.from(sizes) } })
    expect(trace([], [])).toThrow('trace: has no queries')
    expect(trace([2, 1], [1, 1])).toThrow('arrivalMs[1]: is 1, after 2')
    expect(trace([-1], [1])).toThrow('arrivalMs[0]: is -1')
    expect(trace([1], [101])).toThrow('batchSize[0]: is 101; the latency table serves sizes up to 100')
    expect(trace([1], [0])).toThrow('batchSize[0]: is 0')
  })
})
