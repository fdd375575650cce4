import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { CallFailure } from '../../../src/serve/driver/batch-sender.ts'
import { httpSender } from '../../../src/serve/driver/http-sender.ts'
import { serverError } from '../../../src/serve/driver/server-error.ts'
import type { HttpClient, HttpFailure, HttpResult } from '../../../src/serve/http/client.ts'

const METADATA = { name: 'm', versions: [], platform: 'p', outputs: [] }
const INPUTS = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]

/** The failure of a batch of 8 that the server does not answer. */
async function failureFor(reason: HttpFailure['reason']): Promise<CallFailure | null> {
  const body = Buffer.from(JSON.stringify({ ...METADATA, inputs: INPUTS }))
  const described: HttpResult = { kind: 'response', status: 200, headers: {}, body }
  const failed: HttpResult = { kind: 'failure', reason, details: 'why' }
  const client: HttpClient = {
    request({ method }, done) {
      setImmediate(done, method === 'GET' ? described : failed)
      return { cancel: () => undefined }
    },
    close: () => undefined,
  }
  const sender = await httpSender(client, 'm', 1_000, { timeoutMs: 1_000 })
  if (!('send' in sender)) throw sender
  return new Promise((resolve) => sender.send(8, 0, 1_000, resolve))
}

test.each([
  [
    'limit',
    status.RESOURCE_EXHAUSTED,
    'limit',
    /a batch of 8, or its response, exceeds a limit: .*; send smaller batches$/,
  ],
  ['invalid', status.INTERNAL, 'invalid', /fails at a batch of 8.*; look into its log/],
  ['deadline', status.DEADLINE_EXCEEDED, 'deadline', /does not answer a batch of 8 in time/],
  ['unread', status.UNAVAILABLE, 'connection', /does not answer a batch of 8.*; start it/],
] as const)(
  'a request that fails by %s has the status of such a call over gRPC',
  async (reason, code, origin, message) => {
    const failure = await failureFor(reason)
    expect(failure).toMatchObject({ code, origin, details: 'why' })
    expect(serverError('a:1', failure as CallFailure, 'm', 8).message).toMatch(message)
  },
)

test('a port that speaks no HTTP cannot be reached: its log would not help', async () => {
  const spoken: HttpResult = { kind: 'failure', reason: 'invalid', details: 'Parse Error: Expected HTTP/' }
  const client: HttpClient = {
    request(_, done) {
      setImmediate(done, spoken)
      return { cancel: () => undefined }
    },
    close: () => undefined,
  }
  const found = await httpSender(client, 'm', 1_000, { timeoutMs: 1_000 })
  expect(serverError('a:1', found as CallFailure, 'm').message).toMatch(
    /^a:1: cannot be reached: .*; start it/,
  )
})
