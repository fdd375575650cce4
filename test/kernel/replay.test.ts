import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policyOf } from '../../src/dispatch/policies.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { ReplayInput, ReplayOutcome } from '../../src/kernel/dispatch-contract.ts'
import { replayOver } from '../../src/kernel/fallback/replay.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { binOf } from '../../src/model/workload/workload.ts'
import { GOLDEN_REPLAYS, goldenReplay } from '../fixtures/golden-replay.ts'
import { backends, wasmBackends } from './backends.ts'
import { smallFleet } from './small-fleet.ts'

const fallback = loadKernel('fallback')

const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

/** Traces over small fleets: whole and equal times, bursts, queues that grow. */
const input: fc.Arbitrary<ReplayInput> = fc
  .record({
    fleet: smallFleet({ min: 1, max: 6 }),
    gaps: fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3.3, 8, 25), { maxLength: 150 }),
    bins: fc.array(fc.nat(99), { minLength: 150, maxLength: 150 }),
    uniform: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 150,
      maxLength: 150,
    }),
    sampled: fc.boolean(),
    limit: fc.option(fc.nat(20), { nil: undefined }),
    record: fc.boolean(),
  })
  .map(({ fleet, gaps, bins, uniform, sampled, limit, record }) => {
    let at = 0
    const levels = Float64Array.of(0, 0.3, 1)
    return {
      ...fleet,
      arrivalMs: Float64Array.from(gaps, (gap) => (at += gap)),
      bin: Int32Array.from(gaps, (_, i) => bins[i] % fleet.bins),
      qosMs: 20,
      record,
      ...(sampled && { sizes: Float64Array.of(1, 2.5, 4, 9).slice(0, fleet.bins) }),
      ...(limit !== undefined && { stopAfterViolations: limit }),
      ...(sampled && {
        sampled: {
          uniform: Float64Array.from(uniform.slice(0, gaps.length)),
          levels,
          knotsMs: Float64Array.from(fleet.meanMs, (mean) => mean).reduce(
            (knots, mean, row) => {
              knots.set([0.5 * mean, mean, 1.7 * mean], 3 * row)
              return knots
            },
            new Float64Array(3 * fleet.meanMs.length),
          ),
        },
      }),
    }
  })

/** The same, with volumes of queries and a limit of what may be parked. */
const parkingInput: fc.Arbitrary<ReplayInput> = fc
  .tuple(input, fc.constantFrom(0, 2, 10, Infinity))
  .map(([given, most]) => ({
    ...given,
    parking: { volume: Float64Array.from({ length: given.bins }, (_, k) => 1 + k), most },
  }))

describe.each(backends)('replay, %s', (_, kernel) => {
  it.each(GOLDEN_REPLAYS)('gives the schedule of %s', async (name) => {
    const { summary, arrivalMs, batchSize, instance, startMs, finishMs } = goldenReplay(name)
    const workload = await readWorkload(summary.model)
    const { setup } = preparePolicy(workload, TYPES, summary.counts, policyOf(summary.policy))
    const outcome = kernel.replay({
      ...setup,
      arrivalMs,
      bin: Int32Array.from(batchSize, (size) => binOf(workload.latency.batchSizes, size)),
      qosMs: workload.qosMs,
      record: true,
    })
    expect(outcome.instance).toEqual(instance)
    const off = (ours: Float64Array, theirs: Float64Array) =>
      ours.reduce((most, time, query) => Math.max(most, Math.abs(time - theirs[query])), 0)
    expect(off(outcome.startMs, startMs)).toBeLessThan(1e-6)
    expect(off(outcome.finishMs, finishMs)).toBeLessThan(1e-6)
    expect(outcome.decisions).toBe(summary.decisions)
    expect(outcome.violations).toBe(summary.violations)
    expect(outcome.lastFinishMs).toBeCloseTo(summary.lastFinishMs, 4)
    expect([outcome.served, outcome.stopped]).toEqual([summary.queries, false])
  })

  it('serves every query once, one at a time on each instance, none before it arrives', () => {
    fc.assert(
      fc.property(input, (given) => {
        const outcome = kernel.replay({ ...given, record: true, stopAfterViolations: Infinity })
        expect(faults(given, outcome)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('starts queries in order of arrival when that is the rule', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { startMs } = kernel.replay({
          ...given,
          rule: { kind: 'fcfs' },
          record: true,
          stopAfterViolations: Infinity,
        })
        expect(startMs.every((start, query) => query === 0 || start >= startMs[query - 1])).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('ends as soon as it knows that there are too many violations', () => {
    fc.assert(
      fc.property(input, fc.nat(10), (given, limit) => {
        const whole = kernel.replay({ ...given, record: true, stopAfterViolations: Infinity })
        const ended = kernel.replay({ ...given, record: true, stopAfterViolations: limit })
        expect(ended.stopped).toBe(whole.violations > limit)
        if (!ended.stopped) expect(ended).toEqual(whole)
        else {
          const lastMs = ended.startMs.reduce((most, ms) => (ms > most ? ms : most), -Infinity)
          const isLate = (query: number) => whole.finishMs[query] - given.arrivalMs[query] > given.qosMs
          const known = whole.startMs.filter((ms, query) => ms < lastMs && isLate(query))
          expect(known.length).toBeLessThanOrEqual(limit)
        }
        // what it did until then is what the whole replay did
        ended.instance.forEach((instance, query) => {
          if (instance < 0) expect(ended.startMs[query]).toBeNaN()
          else expect([instance, ended.startMs[query]]).toEqual([whole.instance[query], whole.startMs[query]])
        })
      }),
      { numRuns: 100 },
    )
  })

  it('says what is parked at the last arrival, and ends there if that is too much', () => {
    fc.assert(
      fc.property(parkingInput, (given) => {
        const { arrivalMs, bin, qosMs, parking } = given
        const endless = { ...given, record: true, stopAfterViolations: Infinity }
        const whole = kernel.replay({ ...endless, parking: { volume: parking!.volume, most: Infinity } })
        const lastMs = arrivalMs[arrivalMs.length - 1] ?? 0
        const isParked = (query: number) =>
          !(whole.startMs[query] <= lastMs) && lastMs - arrivalMs[query] > qosMs
        const parked = bin.reduce((sum, k, query) => sum + (isParked(query) ? parking!.volume[k] : 0), 0)
        expect(whole.parked).toBe(parked)
        const ended = kernel.replay(endless)
        expect([ended.parked, ended.stopped]).toEqual([parked, parked > parking!.most])
        if (ended.stopped) expect(ended.startMs.some((start) => start > lastMs)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  it('adds up how long queries wait in each quarter of the time in which they arrive', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { arrivalMs } = given
        const whole = kernel.replay({ ...given, record: true, stopAfterViolations: Infinity })
        const firstMs = arrivalMs[0] ?? 0
        const lengthMs = ((arrivalMs[arrivalMs.length - 1] ?? 0) - firstMs) / 4
        whole.waitedMs.forEach((waitedMs, quarter) => {
          const [fromMs, toMs] = [firstMs + quarter * lengthMs, firstMs + (quarter + 1) * lengthMs]
          const waited = arrivalMs.reduce((sum, arrival, query) => {
            const start = whole.startMs[query]
            const end = Math.min(toMs, Number.isNaN(start) ? Infinity : start)
            return sum + Math.max(0, end - Math.max(fromMs, arrival))
          }, 0)
          expect(waitedMs).toBeCloseTo(waited, 6)
        })
      }),
      { numRuns: 100 },
    )
  })

  it('answers for no queries, and leaves those waiting that nothing can serve', () => {
    const nobody: ReplayInput = {
      types: 1,
      bins: 1,
      meanMs: Float64Array.of(5),
      instanceType: new Int32Array(),
      rule: { kind: 'fcfs' },
      arrivalMs: Float64Array.of(1, 2),
      bin: Int32Array.of(0, 0),
      qosMs: 10,
      record: true,
    }
    expect(kernel.replay(nobody)).toMatchObject({
      served: 0,
      violations: 0,
      decisions: 0,
      lastStartMs: 0,
      lastFinishMs: 0,
    })
    expect([...kernel.replay(nobody).startMs]).toEqual([NaN, NaN])
    const nothing = { ...nobody, arrivalMs: new Float64Array(), bin: new Int32Array() }
    expect(kernel.replay(nothing)).toMatchObject({ served: 0, decisions: 0, stopped: false })
  })
})

describe.each(wasmBackends)('replay, %s', (_, kernel) => {
  it('is the fallback’s, and that of the host’s loop over its own dispatcher, to the last bit', () => {
    fc.assert(
      fc.property(fc.oneof(input, parkingInput), (given) => {
        const outcome = kernel.replay(given)
        expect(outcome).toEqual(fallback.replay(given))
        expect(outcome).toEqual(replayOver(kernel.createDispatcher(given), given))
      }),
      { numRuns: 300 },
    )
  })

  it('agrees on a real workload, kept up with and overloaded, sampled and not', async () => {
    const workload = await readWorkload('mtwnd')
    const { setup, context } = preparePolicy(workload, TYPES, [2, 1, 4, 3], policyOf('kairos'))
    const { arrivalMs, batchSize } = goldenReplay('mtwnd-mixed-kairos')
    const bin = Int32Array.from(batchSize, (size) => binOf(workload.latency.batchSizes, size))
    const uniform = Float64Array.from(
      batchSize,
      (size, query) => ((size * 7919 + query * 104729) % 9973) / 9973,
    )
    const { levels, knotsMs } = context
    for (const speed of [1, 3]) {
      for (const sampled of [undefined, { uniform, levels, knotsMs }]) {
        const given: ReplayInput = {
          ...setup,
          arrivalMs: arrivalMs.subarray(0, 1500).map((time) => time / speed),
          bin: bin.subarray(0, 1500),
          qosMs: workload.qosMs,
          record: true,
          ...(sampled && { sampled: { ...sampled, uniform: uniform.subarray(0, 1500) } }),
        }
        const outcome = kernel.replay(given)
        expect(outcome).toEqual(fallback.replay(given))
        expect(outcome).toEqual(replayOver(kernel.createDispatcher(given), given))
        expect(faults(given, outcome)).toEqual([])
        expect(outcome.violations > 150).toBe(speed === 3)
      }
    }
  })
})

/** What is wrong with a schedule, whatever the rule: empty if nothing is. */
function faults(given: ReplayInput, outcome: ReplayOutcome): string[] {
  const { arrivalMs, bin, instanceType, sampled, qosMs } = given
  const { startMs, finishMs, instance } = outcome
  const wrong: string[] = []
  const busyMs = new Float64Array(instanceType.length)
  const freeMs = new Float64Array(instanceType.length)
  for (const batch of batchesOf(outcome)) {
    const [first] = batch
    const service = finishMs[first] - startMs[first]
    for (const query of batch) {
      if (!(startMs[query] >= arrivalMs[query])) wrong.push(`query ${query} starts before it arrives`)
      if (finishMs[query] !== finishMs[first]) wrong.push(`query ${query} leaves its batch`)
    }
    const expected = expectedMs(
      given,
      instanceType[instance[first]],
      Array.from(batch, (query) => bin[query]),
    )
    if (!(startMs[first] >= freeMs[instance[first]])) wrong.push(`query ${first} overlaps another`)
    if (expected === undefined) wrong.push(`${batch} is too large`)
    else if (!sampled && Math.abs(service - expected) > 1e-9) wrong.push(`query ${first} takes ${service}`)
    freeMs[instance[first]] = finishMs[first]
    busyMs[instance[first]] += service
  }
  const violations = arrivalMs.filter((at, query) => finishMs[query] - at > qosMs).length
  if (outcome.served !== arrivalMs.length) wrong.push(`${outcome.served} served of ${arrivalMs.length}`)
  if (outcome.violations !== violations) wrong.push(`${outcome.violations} violations, not ${violations}`)
  if (Math.max(0, ...startMs) !== outcome.lastStartMs) wrong.push('last start')
  if (Math.max(0, ...finishMs) !== outcome.lastFinishMs) wrong.push('last finish')
  busyMs.forEach((busy, i) => {
    if (Math.abs(busy - outcome.busyMs[i]) > 1e-6) wrong.push(`instance ${i} is busy ${outcome.busyMs[i]}`)
  })
  return wrong
}

/** The queries that start together on an instance, in order of their starts. */
function batchesOf({ startMs, finishMs, instance }: ReplayOutcome): number[][] {
  const batches = new Map<string, number[]>()
  const order = Array.from(startMs.keys()).sort(
    (a, b) => startMs[a] - startMs[b] || finishMs[a] - finishMs[b] || a - b,
  )
  for (const query of order) {
    const key = `${instance[query]} ${startMs[query]}`
    batches.set(key, [...(batches.get(key) ?? []), query])
  }
  return [...batches.values()]
}

/** How long queries of these bins take together; undefined if they must not be one batch. */
function expectedMs({ rule, bins, meanMs }: ReplayInput, type: number, batch: number[]): number | undefined {
  if (batch.length === 1) return meanMs[type * bins + batch[0]]
  if (!('batchSize' in rule)) return undefined
  const total = batch.reduce((sum, bin) => sum + rule.batchSize[bin], 0)
  if (total > rule.largest[type]) return undefined
  const bin = rule.batchSize.findIndex((size) => size >= total)
  return meanMs[type * bins + (bin < 0 ? bins - 1 : bin)]
}
