import { expect, test } from 'vitest'
import { createRecording, liveRunOf } from '../../../src/serve/driver/recording.ts'
import { createTally } from '../../../src/serve/driver/tally.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

test('counts queries that are sent, under way, done and late, and their 99th percentile in ms', () => {
  const trace = { arrivalMs: Float64Array.of(0, 10, 20, 30), batchSize: new Float64Array(4).fill(1) }
  const recording = createRecording(4, 2)
  const tally = createTally(trace, 20, recording)
  tally.begin([0, 1], 0, 10)
  tally.begin([2], 1, 20)
  expect(tally.progress(1)).toEqual({ total: 4, sent: 3, done: 0, inFlight: 3, waiting: 1, p99Ms: 0 })
  // latencies of 30 ms and of exactly the target
  tally.end([0, 1], 0, 30, 5)
  expect([tally.done, tally.late]).toEqual([2, 1])
  const { p99Ms, ...counts } = tally.progress(0)
  expect(counts).toEqual({ total: 4, sent: 3, done: 2, inFlight: 1, waiting: 0 })
  expect(p99Ms).toBeCloseTo(30, 1)
  tally.end([2], 1, 25, new CallFailure(problem(14, 'lost', 'connection')))
  expect([tally.done, tally.late]).toEqual([3, 2])
  const settings = { types: ['fast'], counts: [2], slots: undefined, trace, policy: 'fcfs' }
  const workload = { ...smallWorkload(), qosMs: 20 }
  const run = liveRunOf({ ...settings, workload, instanceType: Int32Array.of(0, 0) }, recording, 3)
  expect([...run.latencyMs]).toEqual([30, 20])
  expect(run.violations).toBe(1)
  expect([...recording.finishMs]).toEqual([30, 30, Number.NaN, Number.NaN])
  expect([...recording.exeMs]).toEqual([5, 5, Number.NaN, Number.NaN])
})

test('of a hundred latencies all but one are within the 99th percentile', () => {
  const trace = { arrivalMs: new Float64Array(100), batchSize: new Float64Array(100).fill(1) }
  const tally = createTally(trace, 20, createRecording(100, 1))
  for (let query = 0; query < 100; query++) tally.end([query], 0, query + 1, 0)
  expect(tally.progress(0).p99Ms).toBeCloseTo(99, 0)
})

test('a query that ends before it arrives, as clocks of two threads may say, took no time', () => {
  const trace = { arrivalMs: Float64Array.of(10), batchSize: Float64Array.of(1) }
  const tally = createTally(trace, 20, createRecording(1, 1))
  tally.end([0], 0, 9.99, 0)
  expect([tally.late, tally.progress(0).p99Ms]).toEqual([0, 0])
})

test('a run falls behind where one query in a hundred is passed on later than 2 ms and 2% of the target', () => {
  const queries = 200
  const trace = { arrivalMs: new Float64Array(queries), batchSize: new Float64Array(queries).fill(1) }
  const fellBehind = (qosMs: number, lagMs: number, offered = queries) => {
    const recording = createRecording(queries, 1)
    // three of the queries, and those that have not arrived
    recording.lagMs.fill(lagMs, 0, 3).fill(1e6, offered)
    const settings = { types: ['fast'], counts: [1], slots: undefined, trace, policy: 'fcfs' }
    const workload = { ...smallWorkload(), qosMs }
    const run = liveRunOf({ ...settings, workload, instanceType: Int32Array.of(0) }, recording, offered)
    return run.fellBehind
  }
  expect([2, 2.1].map((lagMs) => fellBehind(20, lagMs))).toEqual([false, true])
  expect([20, 21].map((lagMs) => fellBehind(1000, lagMs))).toEqual([false, true])
  expect(fellBehind(20, 1, 100)).toBe(false)
})

test.each([
  [undefined, undefined],
  [1, undefined],
  [10, true],
])('a live run with batches up to %s says whether two queries may be one: %s', (maxBatch, formsBatches) => {
  const trace = { arrivalMs: Float64Array.of(10), batchSize: Float64Array.of(1) }
  const recording = createRecording(1, 1)
  createTally(trace, 20, recording).end([0], 0, 12, 0)
  const workload = { ...smallWorkload(), ...(maxBatch !== undefined && { batching: { maxBatch } }) }
  const settings = { types: ['fast'], counts: [1], slots: undefined, trace, policy: 'fcfs' }
  const run = liveRunOf({ ...settings, workload, instanceType: Int32Array.of(0) }, recording, 1)
  expect(run.formsBatches).toBe(formsBatches)
})
