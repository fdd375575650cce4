import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { policyOf } from '../../../src/dispatch/policies.ts'
import { failureWith } from '../../../src/serve/driver/batch-sender.ts'
import { createLiveRun } from '../../../src/serve/driver/live-run.ts'
import { serverError } from '../../../src/serve/driver/server-error.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { evenTrace } from './even-trace.ts'

test('a run of which no query is answered says why, and how to find the cause', async () => {
  const workload = smallWorkload()
  const { types } = workload.latency
  const input = {
    ...{ workload, types, counts: [1, 0], addresses: ['a:1'], trace: evenTrace(1, 2) },
    ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: false },
  }
  const run = createLiveRun(input, [
    (_batch, _waitedMs, _limitMs, answered) => {
      setImmediate(answered, failureWith(status.INTERNAL, 'out of order'), Number.NaN)
      return { cancel: () => undefined }
    },
  ])
  await run.drive(undefined, undefined)
  expect(() => run.result()).toThrow(
    /no query was answered: INTERNAL .*; send one query with kairos-wasm request to see what a server answers$/,
  )
})

test('the dispatcher counts on the whole items that a server is asked for', () => {
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
    return () => createLiveRun(input, [])
  }
  expect(runOf(1, 2.5, 3)).not.toThrow()
  expect(runOf(0.5, 1, 2.5)).toThrow(/a batch size of 3 has no bin; .* up to 2\.5/)
})

test.each([
  [
    status.RESOURCE_EXHAUSTED,
    /refuses the request: .*; send smaller batches, or try again when it has less to do$/,
  ],
  [status.INVALID_ARGUMENT, /refuses the request: .*; change the request as the message of the server says$/],
])('a server that refuses a request with status %i: the message says what to change', (code, message) => {
  expect(serverError('a:1', failureWith(code, 'no'), 'm').message).toMatch(message)
})
