import { Server, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { policyOf } from '../../../src/dispatch/policies.ts'
import type { SendBatch } from '../../../src/serve/driver/batch-sender.ts'
import { distribute } from '../../../src/serve/driver/distribute.ts'
import { runLive } from '../../../src/serve/driver/live-run.ts'
import type { DistributeProgress } from '../../../src/serve/driver/tally.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'
import { emulate, workload } from '../router/live.ts'
import { checkerOf } from './checkers.ts'
import { evenTrace } from './even-trace.ts'
import { openFleet } from './open-fleet.ts'

const { types } = workload.latency

describe.each([
  ['the published protocol', undefined],
  ['the Open Inference Protocol', 'small'],
])('%s', (_what, model) => {
  test('every query is answered once, by the instance that the dispatcher chose', async () => {
    const { emulator, run } = await openFleet([2, 1])
    const progress: DistributeProgress[] = []
    const trace = evenTrace(5, 100)
    const result = await run({ trace, model, onProgress: (at) => progress.push(at) })
    expect(result).toMatchObject({ policy: 'priced', failures: [], types, counts: [2, 1] })
    expect([...result.arrivalMs]).toEqual([...trace.arrivalMs])
    const served = [0, 1, 2].map((i) => result.instance.filter((instance) => instance === i).length)
    expect(served).toEqual(emulator.servers.map((server) => server.served))
    expect([...result.instanceType]).toEqual([0, 0, 1])
    result.latencyMs.forEach((latency, i) => {
      expect(result.startMs[i]).toBeGreaterThanOrEqual(trace.arrivalMs[i])
      expect(latency).toBeCloseTo(result.finishMs[i] - trace.arrivalMs[i], 9)
      expect(Number.isNaN(result.exeMs[i])).toBe(model !== undefined)
    })
    expect(result.decisions).toBeGreaterThanOrEqual(50)
    expect(result.decisionMs).toHaveLength(result.decisions)
    expect(result.lagMs.every((lag) => lag >= 0)).toBe(true)
    const last = progress.at(-1)
    expect(last).toMatchObject({ total: 100, sent: 100, done: 100, inFlight: 0, waiting: 0 })
    expect(last?.p99Ms).toBeGreaterThan(1)
  })
})

test('what onProgress throws rejects the run, and ends it', async () => {
  const { emulator, run } = await openFleet([1, 0])
  const failing = () => {
    throw new Error('no terminal')
  }
  await expect(run({ trace: evenTrace(10, 100), onProgress: failing })).rejects.toThrow('no terminal')
  expect(emulator.servers[0].served).toBeLessThan(90)
})

test('arrivals do not wait for answers, and latency runs from the scheduled arrival', async () => {
  const { run } = await openFleet([0, 1])
  // 20 ms of work every 5 ms: the queue grows, and so do latencies
  const trace = evenTrace(5, 20, [10])
  const result = await run({ trace, policy: 'fcfs' })
  expect(result.latencyMs[19]).toBeGreaterThan(150)
  expect(result.violations).toBeGreaterThan(10)
  for (let i = 1; i < 20; i++) expect(result.startMs[i]).toBeGreaterThanOrEqual(result.finishMs[i - 1])
})

test('serves with servers that speak only the published protocol', async () => {
  const server = new Server()
  const asked: { batch: number; qWait: number }[] = []
  server.addService(scheduler as never, {
    Serve: (
      { request }: { request: { batch: number; qWait: number } },
      answer: (e: null, r: object) => void,
    ) => {
      asked.push(request)
      answer(null, { exeTime: 3, idx: 0, qWait: request.qWait })
    },
  })
  const listening = await listenGrpcJs(server)
  onTestFinished(() => listening.close(0))
  const trace = evenTrace(2, 10, [7.5])
  const addresses = [listening.address]
  const result = await distribute({ workload, types: ['fast'], counts: [1], addresses, trace })
  expect(result.failures).toEqual([])
  expect(asked.map(({ batch }) => batch)).toEqual(new Array(10).fill(8))
  // asked in the order of the starts, which is not that of the arrivals where some wait
  const waits = Array.from(result.startMs, (start, i) => ({ start, wait: start - trace.arrivalMs[i] }))
  waits.sort((one, other) => one.start - other.start)
  waits.forEach(({ wait }, i) => {
    expect(asked[i].qWait).toBeCloseTo(wait, 2)
  })
})

describe('a server of the other protocol ends the run at its first answer', () => {
  test.each([
    [
      'its model is not named',
      '/inference.GRPCInferenceService/ModelInfer',
      undefined,
      /does not speak the protocol of the published scripts: .*; name its model/,
    ],
    [
      'it has no models',
      scheduler.Serve.path,
      'small',
      /does not speak the Open Inference Protocol: .*; leave the model out/,
    ],
  ])('%s', async (_what, path, model, message) => {
    const server = new Server()
    server.register(
      path,
      (_call: unknown, answer: (error: null, value: Buffer) => void) => {
        answer(null, Buffer.alloc(0))
      },
      Buffer.from,
      Buffer.from,
      'unary',
    )
    const { address, close } = await listenGrpcJs(server)
    onTestFinished(() => close(0))
    const run = distribute({
      workload,
      types,
      counts: [1, 0],
      addresses: [address],
      // 20 minutes long, beyond the time limit of a test
      trace: evenTrace(10, 120_000),
      model,
    })
    await expect(run).rejects.toMatchObject({ code: 'SERVER', message: expect.stringMatching(message) })
  })
})

test('a run ends when its signal is aborted', async () => {
  const { run } = await openFleet([1, 0])
  const ended = new AbortController()
  // the trace is 20 minutes long, beyond the time limit of a test
  const options = { trace: evenTrace(10, 120_000), signal: ended.signal, onProgress: () => ended.abort() }
  await expect(run(options)).rejects.toMatchObject({ name: 'AbortError' })
})

test('a run that ends early has its result: what is cancelled then counts no more', async () => {
  const { run } = await openFleet([0, 1])
  // 40 s long, and far more than one slow instance serves
  const result = await run({ trace: evenTrace(2, 20_000), policy: 'fcfs', endEarly: true })
  expect(result).toMatchObject({ endedEarly: true, failures: [] })
  expect(result.offered).toBeLessThan(20_000)
  expect(result.lagMs).toHaveLength(result.offered)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(result.failures).toEqual([])
})

test('a run does not end early while as many are late as the percentile allows', async () => {
  // 100 - 99.9 is a little less than 0.1
  const lasting = { ...workload, qosMs: 30_000, percentile: 99.9 }
  let sent = 0
  const send: SendBatch = (_batch, _waitedMs, _timeoutMs, ended) => {
    const isRefused = sent++ === 500
    const error = isRefused ? new CallFailure(problem(status.INVALID_ARGUMENT, 'refused', 'server')) : null
    const timer = setImmediate(() => ended(error ?? Number.NaN))
    return { cancel: () => clearImmediate(timer) }
  }
  const { endedEarly, offered, failures, arrivalMs } = await runLive(
    {
      ...{ workload: lasting, types, counts: [1, 1], addresses: ['a', 'b'], trace: evenTrace(0, 1000) },
      ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: true },
    },
    [send, send],
    checkerOf(false),
  )
  expect({ endedEarly, offered, failed: failures.length }).toEqual({
    ...{ endedEarly: false, offered: 1000, failed: 1 },
  })
  expect(arrivalMs).toHaveLength(999)
})

test('with batching, queries that start together are sent at the same moment and have the number of their batch', async () => {
  const batched = { ...workload, batching: { maxBatch: 100 } }
  const emulator = await emulate([0, 1], { workload: batched })
  const [server] = emulator.servers
  // 10 to 30 ms for ten items: ten arrive while one is served
  const trace = evenTrace(2, 100, [1])
  const run = await distribute({
    ...{ workload: batched, types, counts: [0, 1], addresses: [server.address], trace, policy: 'triton' },
  })
  expect(run.failures).toEqual([])
  const { batch, startMs } = run
  const numbers = [...new Set(batch)]
  expect(numbers).toHaveLength(server.batches)
  expect(server).toMatchObject({ served: 100 })
  expect(server.batches).toBeLessThan(50)
  for (const number of numbers) {
    expect(new Set([...startMs].filter((_, query) => batch![query] === number)).size).toBe(1)
  }
})

describe('with joined requests', () => {
  const batched = { ...workload, batching: { maxBatch: 100 } }
  const asked = { workload: batched, types, counts: [0, 1], policy: 'triton', model: 'small' } as const

  test('a batch is one request of its size, and its queries are answered together', async () => {
    const emulator = await emulate([0, 1])
    const [server] = emulator.servers
    const run = await distribute({
      ...{ ...asked, addresses: [server.address], trace: evenTrace(2, 100, [1]), sendBatches: 'merge' },
    })
    expect([run.failures, run.refusedBatches]).toEqual([[], []])
    const numbers = [...new Set(run.batch)]
    expect(server.served).toBe(numbers.length)
    expect(numbers.length).toBeLessThan(50)
    for (const number of numbers) {
      expect(new Set([...run.finishMs].filter((_, query) => run.batch![query] === number)).size).toBe(1)
    }
  })

  test('one that the server refuses is sent again in halves, then one by one, and said', async () => {
    // its table ends at ten items
    const { latency } = workload
    const short = { ...latency, batchSizes: latency.batchSizes.subarray(0, 2) }
    const cells = [0, 1, 3, 4]
    const small = {
      ...workload,
      latency: {
        ...short,
        samples: Float64Array.from(cells, (cell) => latency.samples[cell]),
        meanMs: Float64Array.from(cells, (cell) => latency.meanMs[cell]),
        knotsMs: Float64Array.from(
          cells.flatMap((cell) => [...latency.knotsMs.subarray(3 * cell, 3 * cell + 3)]),
        ),
      },
      mix: { batchSizes: short.batchSizes, probabilities: Float64Array.of(0.5, 0.5) },
    }
    const emulator = await emulate([0, 1], { workload: small })
    const [{ address }] = emulator.servers
    const run = await distribute({
      ...{ ...asked, addresses: [address], trace: evenTrace(2, 60, [9]), sendBatches: 'merge' },
    })
    expect(run.failures).toEqual([])
    expect(run.latencyMs).toHaveLength(60)
    expect(run.refusedBatches.length).toBeGreaterThan(0)
    for (const refused of run.refusedBatches) {
      expect(refused).toMatchObject({ instance: 0, reason: expect.stringMatching(/^INVALID_ARGUMENT/) })
      expect(refused.items).toBeGreaterThan(9)
    }
  })
})

test('an instance with slots serves as many queries at the same time, through one connection', async () => {
  const emulator = await emulate([0, 1], { slots: 3 })
  const [{ address }] = emulator.servers
  // 10 to 30 ms each, three every 30 ms: one slot would fall behind
  const trace = evenTrace(10, 60, [10])
  const run = await distribute({
    ...{ workload, types, counts: [0, 1], slots: [1, 3], addresses: [address], trace, policy: 'fcfs' },
  })
  expect(run.failures).toEqual([])
  expect([...new Set(run.instance)].sort()).toEqual([0, 1, 2])
  expect(run.slots).toEqual([1, 3])
  const overlaps = run.startMs.filter((start, i) =>
    run.startMs.some((other, j) => j !== i && start < run.finishMs[j] && other < run.finishMs[i]),
  )
  expect(overlaps.length).toBeGreaterThan(10)
  // slots are instances of the dispatcher: none serves two at a time
  for (const slot of [0, 1, 2]) {
    const own = [...run.startMs.keys()].filter((query) => run.instance[query] === slot)
    own.sort((a, b) => run.startMs[a] - run.startMs[b])
    for (let i = 1; i < own.length; i++) {
      expect(run.startMs[own[i]]).toBeGreaterThanOrEqual(run.finishMs[own[i - 1]])
    }
  }
})
