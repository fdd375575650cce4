import { getEventListeners } from 'node:events'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { policyOf } from '../../../src/dispatch/policies.ts'
import type { SendBatch } from '../../../src/serve/driver/batch-sender.ts'
import { runLive } from '../../../src/serve/driver/live-run.ts'
import { serverError } from '../../../src/serve/driver/server-error.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { checkerBy, checkerOf } from './checkers.ts'
import { evenTrace } from './even-trace.ts'
import { faked, lost } from './faked-run.ts'

test('a run of which no query is answered says why, and how to find the cause', async () => {
  const workload = smallWorkload()
  const { types } = workload.latency
  const input = {
    ...{ workload, types, counts: [1, 0], addresses: ['a:1'], trace: evenTrace(1, 2) },
    ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: false },
  }
  const send: SendBatch = (_batch, _waitedMs, _limitMs, ended) => {
    setImmediate(ended, new CallFailure(problem(status.INTERNAL, 'out of order', 'server')))
    return { cancel: () => undefined }
  }
  await expect(runLive(input, [send], checkerOf(false))).rejects.toThrow(
    /no query was answered: INTERNAL .*; send one query with kairos-wasm request to see what a server answers$/,
  )
})

test('a run ends once more queries are late than may be: nothing more is sent, and what is under way is cancelled', async () => {
  // one of four may be late; of six queries one arrives in a minute
  const answers = [
    undefined,
    null,
    ...new Array<CallFailure>(4).fill(new CallFailure(problem(status.INTERNAL, 'no', 'server'))),
  ]
  const { run, sent, cancelled } = faked(
    [0, 0, 0, 0, 0, 60_000],
    (_server, _nth, before) => answers[before],
    { counts: [2, 0], endsEarly: true },
  )
  const { endedEarly, offered, failures, lagMs } = await run()
  expect(sent).toHaveLength(4)
  expect(cancelled).toEqual([sent[0].server])
  expect({ endedEarly, offered, failures: failures.length, lags: lagMs.length }).toEqual({
    ...{ endedEarly: true, offered: 5, failures: 2, lags: 5 },
  })
})

test('a server that cannot be reached gets no further queries in any of its slots', async () => {
  const { run, sent } = faked(
    new Array(8).fill(0),
    (server, nth) => (server === 1 && nth === 0 ? lost : null),
    { counts: [2, 0], slots: [2, 1] },
  )
  const { failures, lostServers, finishMs, lastFinishMs } = await run()
  expect(sent.filter(({ server }) => server === 1)).toHaveLength(2)
  expect(lastFinishMs).toBe(Math.max(...finishMs))
  // the first slot of the second server
  expect(failures).toMatchObject([{ instance: 2, reason: expect.stringMatching(/^UNAVAILABLE/) }])
  expect(lostServers).toEqual([
    { instance: 2, atMs: expect.any(Number), reason: failures[0].reason, problem: 'it is gone' },
  ])
})

test('a lost server that can serve again before its pause is over says so', async () => {
  const { run } = faked(
    [0, 0, 0],
    (server, nth) => (server === 1 && nth === 0 ? lost : null),
    { counts: [2, 0] },
    checkerOf(true),
  )
  const [{ problem, backMs }] = (await run()).lostServers
  expect(problem).toBe('it can serve, and its pause after the loss is not over')
  expect(backMs).toBeUndefined()
})

test('a query that was sent before its server was lost says nothing about the server that is back, and its slot gets others', async () => {
  let failFirst = () => {}
  const answers: SendBatch = (_items, _waitedMs, _limitMs, ended) => {
    if (asked++ === 0) failFirst = () => ended(lost)
    else setImmediate(ended, asked === 2 ? lost : Number.NaN)
    if (asked === 3) setImmediate(failFirst)
    return { cancel: () => undefined }
  }
  let asked = 0
  const workload = smallWorkload()
  const { failures, lostServers, instance } = await runLive(
    {
      ...{ workload, types: workload.latency.types, counts: [1, 0], slots: [2, 1], addresses: ['a:1'] },
      trace: { arrivalMs: Float64Array.of(0, 0, 500, 600, 600), batchSize: new Float64Array(5).fill(1) },
      ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: false },
    },
    [answers],
    checkerOf(true),
  )
  expect(failures).toHaveLength(2)
  expect(lostServers).toHaveLength(1)
  expect([...instance.slice(-2)].sort()).toEqual([0, 1])
})

test('while all servers are lost queries wait', async () => {
  const { run } = faked([0, 100], (_server, nth) => (nth === 0 ? lost : null), {}, checkerOf(true))
  const { failures, latencyMs } = await run()
  expect(failures).toHaveLength(1)
  expect(latencyMs).toHaveLength(1)
  expect(latencyMs[0]).toBeGreaterThanOrEqual(90)
})

test('the last server may be lost with the last query, and not before', async () => {
  const losing = (queries: number) =>
    faked(new Array(queries).fill(0), (_server, nth) => (nth === 1 ? lost : null))
  expect(await losing(2).run()).toMatchObject({ endedEarly: false, offered: 2, failures: [{ query: 1 }] })
  await expect(losing(3).run()).rejects.toThrow(
    /^the last reachable server, a:1, no longer answers: UNAVAILABLE gone \(since then: it is gone\); start the servers again$/,
  )
})

test('what a check finds of the last server is told only if it is something else', async () => {
  const checker = checkerBy(async () => 'UNAVAILABLE gone')
  const { run } = faked(
    [0, 0, 0],
    (_server, nth) => (nth === 1 ? lost : null),
    {},
    () => checker,
  )
  await expect(run()).rejects.toThrow(/no longer answers: UNAVAILABLE gone; start the servers again$/)
})

test.each([
  [status.UNAVAILABLE, /^the last reachable server, a:1,/],
  [status.UNIMPLEMENTED, /^a:1: does not speak the protocol/],
])('a message names the server of a slot that ends a run with status %i', async (code, message) => {
  const failure = new CallFailure(problem(code, 'no', 'server'))
  const { run } = faked([0, 0, 0, 0], (_server, nth) => (nth === 1 ? failure : null), { slots: [2, 1] })
  await expect(run()).rejects.toThrow(message)
})

test('a joined request that is refused is noted with its slot', async () => {
  const refused = new CallFailure(problem(status.INVALID_ARGUMENT, 'too large', 'server'))
  const { run } = faked(new Array(12).fill(0), (_server, nth) => (nth === 1 ? refused : null), {
    workload: { ...smallWorkload(), qosMs: 60_000, batching: { maxBatch: 10 } },
    ...{ slots: [2, 1], policy: policyOf('triton'), areJoined: true },
  })
  expect((await run()).refusedBatches).toMatchObject([{ instance: 1, items: 2 }])
})

test('a server of another protocol ends the run', async () => {
  const other = new CallFailure(problem(status.UNIMPLEMENTED, 'no such method', 'server'))
  const { run } = faked([0, 0], () => other)
  await expect(run()).rejects.toMatchObject({ code: 'SERVER' })
})

test('a run whose signal has aborted before sends nothing', async () => {
  const { run, sent } = faked([60_000], () => null, { signal: AbortSignal.abort(new Error('stop')) })
  await expect(run()).rejects.toThrow('stop')
  expect(sent).toEqual([])
})

test('a run whose signal is aborted meanwhile ends, and what is under way is cancelled', async () => {
  const stop = new AbortController()
  const answers = () => {
    setImmediate(() => stop.abort(new Error('stop')))
    return undefined
  }
  const { run, sent, cancelled } = faked([0, 3_600_000], answers, { signal: stop.signal })
  await expect(run()).rejects.toThrow('stop')
  expect(sent).toHaveLength(1)
  expect(cancelled).toEqual([0])
})

test('a run leaves no timer and no listener behind', async () => {
  const [set, clear] = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'clearInterval')]
  onTestFinished(() => void vi.restoreAllMocks())
  const { signal } = new AbortController()
  await faked([0], () => null, { signal }).run()
  expect(set.mock.results).toHaveLength(1)
  expect(clear).toHaveBeenCalledWith(set.mock.results[0].value)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('queries wait from their arrival on, and lag counts from there', async () => {
  const { run, sent } = faked([0, 0, 30], () => null)
  const { startMs, finishMs, arrivalMs, lagMs, decisions, decisionMs, busyMs } = await run()
  // one starts each query: none is counted without a query or an idle server
  expect(decisions).toBe(3)
  const waits = Array.from(startMs, (ms, query) => ms - arrivalMs[query])
  expect(sent.map(({ waitedMs }) => waitedMs)).toEqual(waits)
  expect(waits[1]).toBeGreaterThan(waits[0])
  const served = finishMs.reduce((sum, ms, query) => sum + ms - startMs[query], 0)
  expect(busyMs[0]).toBeCloseTo(served, 6)
  expect(Math.min(...decisionMs)).toBeGreaterThanOrEqual(0)
  // the server is idle again when the last query arrives
  expect(lagMs[2]).toBeLessThanOrEqual(waits[2])
})

test('the dispatcher counts on the whole items that a server is asked for', async () => {
  const { latency, ...small } = smallWorkload()
  const runOf = (...batchSizes: number[]) => {
    const mix = { batchSizes: Float64Array.of(1), probabilities: Float64Array.of(1) }
    const workload = { ...small, mix, latency: { ...latency, batchSizes: Float64Array.from(batchSizes) } }
    const input = {
      ...{
        workload,
        types: latency.types,
        counts: [1, 0],
        addresses: ['a:1'],
        trace: evenTrace(1, 1, [2.5]),
      },
      ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: false },
    }
    const signal = AbortSignal.abort(new Error('begun'))
    return runLive({ ...input, signal }, [], checkerOf(false))
  }
  await expect(runOf(1, 2.5, 3)).rejects.toThrow('begun')
  await expect(runOf(0.5, 1, 2.5)).rejects.toThrow(/a batch size of 3 has no bin; .* up to 2\.5/)
})

test.each([
  [
    status.RESOURCE_EXHAUSTED,
    /refuses the request: .*; send smaller batches, or try again when it has less to do$/,
  ],
  [status.INVALID_ARGUMENT, /refuses the request: .*; change the request as the message of the server says$/],
])('a server that refuses a request with status %i: the message says what to change', (code, message) => {
  expect(serverError('a:1', new CallFailure(problem(code, 'no', 'server')), 'm').message).toMatch(message)
})
