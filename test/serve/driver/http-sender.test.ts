import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { Outcome } from '../../../src/serve/driver/batch-sender.ts'
import { httpSender } from '../../../src/serve/driver/http-sender.ts'
import { serverError } from '../../../src/serve/driver/server-error.ts'
import { type CallError, problem } from '../../../src/serve/grpc/client/client-call.ts'
import type { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import type { HttpClient, HttpResult } from '../../../src/serve/http/client.ts'

const METADATA = { name: 'm', versions: [], platform: 'p', outputs: [] }
const INPUTS = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]

/** The failure of a batch of 8 that the server does not answer. */
async function failureFor(failed: CallError): Promise<Outcome> {
  const body = Buffer.from(JSON.stringify({ ...METADATA, inputs: INPUTS }))
  const described: HttpResult = { kind: 'response', status: 200, headers: {}, body }
  const client: HttpClient = {
    request({ method }, done) {
      setImmediate(done, method === 'GET' ? described : failed)
      return { cancel: () => undefined }
    },
    close: () => undefined,
  }
  const sender = await httpSender(client, 'm', { timeoutMs: 1_000 })
  if (!('send' in sender)) throw sender
  return new Promise((resolve) => sender.send(8, 0, 1_000, resolve))
}

test.each([
  [
    'limit',
    status.RESOURCE_EXHAUSTED,
    /a batch of 8, or its response, exceeds a limit: .*; send smaller batches$/,
  ],
  ['invalid', status.INTERNAL, /fails at a batch of 8.*; look into its log/],
  ['deadline', status.DEADLINE_EXCEEDED, /does not answer a batch of 8 in time/],
  ['unread', status.UNAVAILABLE, /does not answer a batch of 8.*; start it/],
] as const)('a request that fails by %s is told as such a call over gRPC', async (origin, code, message) => {
  const failure = await failureFor(problem(code, 'why', origin))
  expect(failure).toMatchObject({ code, origin, details: 'why' })
  expect(serverError('a:1', failure as CallFailure, 'm', 8).message).toMatch(message)
})

test('a port that speaks no HTTP cannot be reached: its log would not help', async () => {
  const spoken = problem(status.INTERNAL, 'Parse Error: Expected HTTP/', 'invalid')
  const client: HttpClient = {
    request(_, done) {
      setImmediate(done, spoken)
      return { cancel: () => undefined }
    },
    close: () => undefined,
  }
  const found = await httpSender(client, 'm', { timeoutMs: 1_000 })
  expect(serverError('a:1', found as CallFailure, 'm').message).toMatch(
    /^a:1: cannot be reached: .*; start it/,
  )
})
