import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fluidBound } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { workload as buildWorkload } from '../../src/model/workload/build-workload.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { metricsOf } from '../../src/replay/metrics.ts'
import { replay } from '../../src/replay/replay.ts'

const alone = await readWorkload('mtwnd')
const workload = { ...alone, batching: { maxBatch: 1000 } }
const types = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']
const counts = [2, 1, 3, 1]
const trace = generateTrace({ arrivals: 'poisson', rate: 900, queries: 1500, seed: 4, mix: alone.mix })
const request = { trace, types, counts, service: 'sampled', seed: 7 } as const

describe.each(['priced', 'deadline', 'triton'])('%s', (policy) => {
  test('both kernels serve the same batches', () => {
    const ours = replay({ ...request, workload, policy })
    expect(ours).toEqual(replay({ ...request, workload, policy, kernel: 'fallback' }))
    expect(new Set(ours.batch).size).toBeLessThan(1400)
  })

  test('a batch starts and finishes together on one instance, and is at most the largest', () => {
    const { batch, startMs, finishMs, instance, batchSize } = replay({ ...request, workload, policy })
    const first = new Map<number, number>()
    const total = new Map<number, number>()
    batch!.forEach((number, query) => {
      const other = first.get(number) ?? query
      first.set(number, other)
      expect([startMs[query], finishMs[query], instance[query]]).toEqual([
        startMs[other],
        finishMs[other],
        instance[other],
      ])
      total.set(number, (total.get(number) ?? 0) + 10 * Math.ceil(batchSize[query] / 10))
    })
    expect(Math.max(...total.values())).toBeLessThanOrEqual(1000)
  })

  test('batches of one are the replay without batches, bit for bit', () => {
    const small = { ...alone, batching: { maxBatch: 10 } }
    const { batch, ...served } = replay({ ...request, workload: small, policy })
    expect(served).toEqual(replay({ ...request, workload: alone, policy }))
    expect(new Set(batch).size).toBe(1500)
  })
})

describe.each(['priced', 'deadline', 'triton'])('%s', (policy) => {
  test('sizes of 0.1 and 0.2 are a batch of 0.3, and take its time', () => {
    // 0.1 + 0.2 is above 0.3 in doubles
    const times = [20, 21, 22, 23].map((ms, k): [number, number, number] => [(k + 1) / 10, ms, ms])
    const decimal = buildWorkload({
      latency: { gpu: times },
      mix: { 0.1: 1, 0.2: 1 },
      qosMs: 1000,
      batching: { maxBatch: 0.3 },
    })
    // the first query keeps the instance busy until the others have arrived
    const three = { arrivalMs: Float64Array.of(0, 1, 1), batchSize: Float64Array.of(0.4, 0.1, 0.2) }
    for (const kernel of ['wasm', 'fallback'] as const) {
      const { batch, finishMs } = replay({
        ...{ workload: decimal, policy, kernel, trace: three },
        ...({ types: ['gpu'], counts: [1], service: 'mean' } as const),
      })
      expect(batch).toEqual(Int32Array.of(0, 1, 1))
      expect(finishMs).toEqual(Float64Array.of(23, 45, 45))
    }
  })
})

test.each(['priced', 'deadline', 'triton'])(
  '%s: both kernels serve batches whose total is above a bin by its rounding only in the same time',
  (policy) => {
    // 0.1 + 0.2 is above 0.3 in doubles; with the first size no unit makes all of them whole numbers
    const sizes = [1e-8, 0.1, 0.2, 0.3, 0.4]
    const fine = buildWorkload({
      latency: { gpu: sizes.map((size, k): [number, number, number] => [size, 20 + k, 20 + k]) },
      mix: { 0.1: 1, 0.2: 1 },
      qosMs: 1000,
      batching: { maxBatch: 0.4 },
    })
    const three = { arrivalMs: Float64Array.of(0, 1, 1), batchSize: Float64Array.of(0.4, 0.1, 0.2) }
    const [wasm, fallback] = (['wasm', 'fallback'] as const).map((kernel) =>
      replay({
        ...{ workload: fine, policy, kernel, trace: three },
        ...({ types: ['gpu'], counts: [1], service: 'mean' } as const),
      }),
    )
    expect(wasm.batch).toEqual(Int32Array.of(0, 1, 1))
    expect(fallback).toEqual(wasm)
  },
)

test.each([
  { fleet: 'steady machines', counts: [4, 0, 2, 0], rate: 130 },
  { fleet: 'burstable ones among them', counts: [2, 2, 4, 3], rate: 70 },
])(
  'under light load queries start alone, about as soon as with the policy of the least latency: $fleet',
  ({ counts, rate }) => {
    const light = generateTrace({ arrivals: 'poisson', rate, queries: 5000, seed: 4, mix: alone.mix })
    const meanOf = (policy: string) => {
      const { latencyMs } = replay({ ...request, workload, trace: light, counts, policy })
      return latencyMs.reduce((sum, ms) => sum + ms, 0) / latencyMs.length
    }
    // 1.6 times without the preference
    expect(meanOf('priced')).toBeLessThan(1.25 * meanOf('shortest-completion'))
  },
)

test('both kernels form the same batches on any fleet, at any load', async () => {
  const models = await Promise.all(['rm2', 'ncf', 'wnd', 'dien'].map((model) => readWorkload(model)))
  const fleet = fc.tuple(fc.nat(3), fc.nat(2), fc.nat(6), fc.nat(3))
  const drawn = fc.record({
    model: fc.constantFrom(...models),
    counts: fleet.filter(([fast, ...others]) => fast > 0 || others.every((count) => count > 0)),
    load: fc.oneof(
      fc.double({ min: 0.02, max: 0.4, noNaN: true }),
      fc.double({ min: 0.6, max: 1.4, noNaN: true }),
    ),
    maxBatch: fc.constantFrom(1000, 1000, 400),
    seed: fc.nat(1000),
  })
  fc.assert(
    fc.property(drawn, ({ model, counts, load, maxBatch, seed }) => {
      const asked = { ...model, batching: { maxBatch } }
      const rate = load * Math.max(fluidBound(asked, types, counts), 1)
      const some = generateTrace({ arrivals: 'poisson', rate, queries: 400, seed, mix: model.mix })
      const question = { workload: asked, types, counts, trace: some, service: 'sampled', seed } as const
      expect(replay(question)).toEqual(replay({ ...question, kernel: 'fallback' }))
    }),
    { numRuns: 60 },
  )
})

test.each(['priced', 'deadline', 'triton'])(
  '%s without two queries that fit is the replay without batches',
  (policy) => {
    // two queries of 10 are more than 15; if 10 took its share of 15, the GPU would be twice as fast
    const single = buildWorkload({
      latency: {
        gpu: [
          [10, 8, 9],
          [15, 6, 7],
        ],
        cpu: [
          [10, 7, 8],
          [15, 14, 15],
        ],
      },
      mix: { 10: 3, 15: 1 },
      qosMs: 25,
    })
    const mixed = generateTrace({ arrivals: 'poisson', rate: 250, queries: 400, seed: 1, mix: single.mix })
    const fleet = { types: ['gpu', 'cpu'], counts: [1, 1] }
    const question = { ...fleet, policy, trace: mixed, service: 'sampled' } as const
    const small = { ...single, batching: { maxBatch: 15 } }
    const { batch: _, ...served } = replay({ ...question, workload: small })
    expect(served).toEqual(replay({ ...question, workload: single }))
    // the program of the bound does not ask whether two queries fit
    expect(fluidBound(small, fleet.types, fleet.counts)).toBeGreaterThan(
      fluidBound(single, fleet.types, fleet.counts),
    )
  },
)

test('triton without batching is fcfs', () => {
  const { policy: _, ...served } = replay({ ...request, workload: alone, policy: 'triton' })
  expect(replay({ ...request, workload: alone, policy: 'fcfs' })).toMatchObject(served)
})

test('batches allow more than one query at a time, and never more than their bound', async () => {
  const measured = { types, counts: [4, 0, 2, 0], queries: 5000, repeats: 2, threads: 1 }
  const batched = await allowableThroughput({ ...measured, workload })
  const single = await allowableThroughput({ ...measured, workload: alone })
  expect(batched.mean).toBeGreaterThan(1.2 * single.mean)
  expect(batched.mean).toBeLessThan(fluidBound(workload, types, measured.counts))
  // the bound of what was drawn is that with batches
  for (const [i, bound] of batched.bounds.entries()) expect(bound).toBeGreaterThan(1.3 * single.bounds[i])
})

test('where batches gain less than 5%, priced starts the earliest latest start, and queries join once many wait', async () => {
  const rm2 = await readWorkload('rm2')
  const measured = { types, counts: [1, 0, 13, 0], queries: 5000, repeats: 2, threads: 1 }
  const some = { ...rm2, batching: { maxBatch: 1000 } }
  const asked = { ...request, workload: some, counts: measured.counts }
  const busy = replay(asked)
  expect(busy).toEqual(replay({ ...asked, kernel: 'fallback' }))
  expect(new Set(busy.batch).size).toBeLessThan(1400)
  // at this rate no query waits for 0.4 of the target
  const calm = { arrivals: 'poisson', rate: 60, queries: 1500, seed: 4, mix: rm2.mix } as const
  expect(new Set(replay({ ...asked, trace: generateTrace(calm) }).batch).size).toBe(1500)
  const priced = await allowableThroughput({ ...measured, workload: some })
  const deadline = await allowableThroughput({ ...measured, workload: some, policy: 'deadline' })
  expect(priced.mean).toBeGreaterThan(deadline.mean)
})

test('two GPUs among slow types serve small queries as well as large ones', () => {
  const calm = { arrivals: 'poisson', rate: 600, queries: 5000, seed: 4, mix: alone.mix } as const
  const { violations } = replay({ ...request, workload, counts: [2, 0, 4, 5], trace: generateTrace(calm) })
  expect(violations / 5000).toBeLessThan(0.01)
})

test('where batches gain little, each type serves the queries that it serves cheaply', () => {
  type Row = [size: number, meanMs: number, p99Ms: number]
  const rows = (ms: (size: number) => number) =>
    Array.from({ length: 8 }, (_, k): Row => [k + 1, ms(k + 1), 1.8 * ms(k + 1)])
  // the second type is faster for one item, and half as fast for five
  const two = buildWorkload({
    latency: { even: rows((size) => 2.8 + 0.33 * size), steep: rows((size) => 0.4 + 1.8 * size) },
    mix: { 1: 3, 2: 1, 3: 2, 4: 2, 5: 1 },
    qosMs: 40,
    batching: { maxBatch: { steep: 8 } },
  })
  const busy = generateTrace({ arrivals: 'poisson', rate: 1550, queries: 5000, seed: 4, mix: two.mix })
  const fleet = { types: ['even', 'steep'], counts: [4, 2], policy: 'priced', service: 'sampled' } as const
  expect(replay({ ...fleet, workload: two, trace: busy }).violations / 5000).toBeLessThan(0.01)
})

test('a batch is full where its sizes are many units, which are rounded up', () => {
  // 1000 units of 1 are too many; in 256 of them a query of 21 takes 6, and 42 queries fill a batch
  const fine = buildWorkload({
    latency: {
      gpu: [
        [20, 5, 5],
        [21, 5, 5],
        [1000, 10, 10],
      ],
    },
    mix: { 21: 1 },
    qosMs: 100,
    batching: { maxBatch: 1000 },
  })
  // the first one starts alone
  const arrivalMs = Float64Array.from({ length: 48 }, (_, query) => Math.min(query, 1))
  const trace = { arrivalMs, batchSize: new Float64Array(48).fill(21) }
  const one = { workload: fine, types: ['gpu'], counts: [1], policy: 'priced', service: 'mean' } as const
  expect(new Set(replay({ ...one, trace }).batch).size).toBe(2)
})

test('of two queries, the one with the earlier latest start is the seed where batches gain little', async () => {
  const rm2 = await readWorkload('rm2')
  const some = { ...rm2, batching: { maxBatch: 1000 } }
  // the first occupies the instance; the last must start before 350 - 305 ms, the one before it has time
  const waiting = { arrivalMs: Float64Array.of(0, 1, 2), batchSize: Float64Array.of(10, 20, 900) }
  const gpu = { workload: some, types: ['g4dn.xlarge'], counts: [1], service: 'mean' } as const
  const { startMs, batch } = replay({ ...gpu, trace: waiting })
  expect(new Set(batch).size).toBe(3)
  expect(startMs[2]).toBeLessThan(startMs[1])
})

test('the types of a map batch, the others serve one query at a time', () => {
  const some = { ...alone, batching: { maxBatch: { 'g4dn.xlarge': 500 } } }
  const { batch, instance, instanceType } = replay({ ...request, workload: some })
  const sizes = new Map<number, number>()
  for (const number of batch!) sizes.set(number, (sizes.get(number) ?? 0) + 1)
  batch!.forEach((number, query) => {
    if (instanceType[instance[query]] !== 0) expect(sizes.get(number)).toBe(1)
  })
  expect(Math.max(...sizes.values())).toBeGreaterThan(1)
})

/** A replay on one GPU, with mean times and both kernels: when the queries start and finish. */
function onOneGpu(arrivalMs: number[], batchSize: number[]) {
  const waiting = { arrivalMs: Float64Array.from(arrivalMs), batchSize: Float64Array.from(batchSize) }
  const gpu = { workload, types: ['g4dn.xlarge'], counts: [1], service: 'mean', trace: waiting } as const
  const served = replay(gpu)
  expect(served).toEqual(replay({ ...gpu, kernel: 'fallback' }))
  return served
}

test('a query that was given up is taken back once there is time for it', () => {
  // 10.1 ms of the first query and 13.8 of the second are more than 0.75 x 25, and the first takes nearly all of the
  // time that the second can wait, so that one is given up when it arrives
  const { startMs, finishMs } = onOneGpu([0, 0.1, 5], [650, 1000, 20])
  expect(startMs[1]).toBe(finishMs[0])
  expect(finishMs[1]).toBeLessThan(25)
  expect(startMs[2]).toBe(finishMs[1])
})

test('a full batch of late queries starts while little work is ahead, and waits while there is much', () => {
  // the second query is late when the first has finished
  const calm = onOneGpu([0, 0.1, 13], [1000, 1000, 20])
  expect(calm.startMs[1]).toBe(calm.finishMs[0])
  expect(calm.startMs[2]).toBe(calm.finishMs[1])
  const busy = onOneGpu([0, 0.1, 13], [1000, 1000, 900])
  expect(busy.startMs[2]).toBe(busy.finishMs[0])
  expect(busy.startMs[1]).toBe(busy.finishMs[2])
})

describe('where no two queries fit into a batch', () => {
  // batches up to 27 would save nothing, so the bounds are equal
  const latency = {
    cpu: [
      [16, 3.4, 4.1],
      [26, 4.9, 5],
      [27, 5.05, 6],
    ],
  } satisfies Record<string, [number, number, number][]>
  const single = buildWorkload({ latency, mix: { 16: 1, 26: 1, 27: 1 }, qosMs: 50 })
  const none = { ...single, batching: { maxBatch: 27 } }
  const fleet = { types: ['cpu'], counts: [2], service: 'mean' } as const

  test.each(['priced', 'deadline', 'triton', 'fcfs'])('%s allows the same rates', async (policy) => {
    const setting = { ...fleet, policy, queries: 500, repeats: 3, seed: 91, threads: 1 }
    const { rates } = await allowableThroughput({ ...setting, workload: none })
    expect(rates).toEqual((await allowableThroughput({ ...setting, workload: single })).rates)
  })

  test('the verdict is the same', () => {
    // four queries arrive at the end, of which two wait: more than 0.2% of the volume
    const arrivalMs = Float64Array.from({ length: 104 }, (_, query) => 100 * Math.min(query, 100))
    const last = { arrivalMs, batchSize: new Float64Array(104).fill(27) }
    const verdicts = [single, none].map((each) =>
      metricsOf(replay({ ...fleet, workload: each, trace: last })),
    )
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['stable', 'stable'])
    // two queries of the smallest size fit into a batch of 40
    const wider = buildWorkload({ latency: { cpu: [...latency.cpu, [40, 7, 8]] }, mix: { 27: 1 }, qosMs: 50 })
    const batched = { ...wider, batching: { maxBatch: 40 } }
    expect(metricsOf(replay({ ...fleet, workload: batched, trace: last })).verdict).toBe('backlogged')
  })
})
