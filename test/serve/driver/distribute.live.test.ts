import { Server } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Trace } from '../../../src/model/trace.ts'
import {
  type DistributeOptions,
  type DistributeProgress,
  distribute,
} from '../../../src/serve/driver/distribute.ts'
import { startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { listen } from '../../../src/serve/grpc/listen.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { evenTrace } from './even-trace.ts'

const workload = smallWorkload()
const { types } = workload.latency

async function emulate(counts: number[]) {
  const emulator = await startEmulator({ workload, types, counts, overheadMs: 0 })
  onTestFinished(() => emulator.close())
  const addresses = emulator.servers.map(({ address }) => address)
  const run = (options: Partial<DistributeOptions> & { trace: Trace }) =>
    distribute({ workload, types, counts, addresses, ...options })
  return { emulator, addresses, run }
}

describe.each([
  ['the published protocol', undefined],
  ['the Open Inference Protocol', 'small'],
])('%s', (_what, model) => {
  test('every query is answered once, by the instance that the dispatcher chose', async () => {
    const { emulator, run } = await emulate([2, 1])
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

test('arrivals do not wait for answers, and latency runs from the scheduled arrival', async () => {
  const { run } = await emulate([0, 1])
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
  const listening = await listen(server)
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

describe('a failing server', () => {
  test('loses its running query; the other server takes the rest', async () => {
    const { emulator, run } = await emulate([2, 0])
    const trace = evenTrace(5, 100, [100])
    setTimeout(() => emulator.servers[0].stop(), 250)
    const result = await run({ trace })
    expect(result.failures.length).toBeLessThanOrEqual(1)
    for (const failure of result.failures) {
      expect(failure).toMatchObject({ instance: 0, reason: expect.stringMatching(/^UNAVAILABLE|^CANCELLED/) })
    }
    expect(result.latencyMs.length + result.failures.length).toBe(100)
  })

  test('ends the run if it was the last one', async () => {
    const { emulator, run } = await emulate([1, 0])
    // once the first answers are in
    setTimeout(() => emulator.servers[0].stop(), 500)
    await expect(run({ trace: evenTrace(5, 400, [100]) })).rejects.toMatchObject({
      code: 'SERVER',
      message: expect.stringMatching(/the last reachable server, 127.0.0.1:\d+, no longer answers/),
    })
  })

  test('is an error if it cannot be reached at the start', async () => {
    const { emulator, run } = await emulate([1, 1])
    await emulator.servers[1].stop()
    await expect(run({ trace: evenTrace(1, 10) })).rejects.toMatchObject({
      code: 'SERVER',
      message: expect.stringMatching(new RegExp(`^${emulator.servers[1].address}: cannot be reached`)),
    })
  })
})

test('a run ends when its signal is aborted', async () => {
  const { run } = await emulate([1, 0])
  const ended = new AbortController()
  setTimeout(() => ended.abort(), 100)
  // the trace is 20 minutes long, beyond the time limit of a test
  await expect(run({ trace: evenTrace(10, 120_000), signal: ended.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test('with batching, queries that start together are sent at the same moment and have the number of their batch', async () => {
  const batched = { ...workload, batching: { maxBatch: 100 } }
  const emulator = await startEmulator({ workload: batched, types, counts: [0, 1], overheadMs: 0 })
  onTestFinished(() => emulator.close())
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
