import { expect, test } from 'vitest'
import {
  beyondLimit,
  type CallError,
  invalidResponse,
  NOT_IN_TIME,
  problem,
} from '../../../../src/serve/grpc/client/client-call.ts'
import { status } from '../../../../src/serve/grpc/status.ts'
import type { Exchange } from '../../../../src/serve/http/exchange.ts'
import type { Front } from '../../../../src/serve/router/fronts/front.ts'
import { answerRest } from '../../../../src/serve/router/fronts/rest-front.ts'

test.each<[string, CallError, number]>([
  ['cannot be reached', problem(status.UNAVAILABLE, 'no connection', 'connection'), 503],
  ['closes the connection', problem(status.UNAVAILABLE, 'the server closed the connection', 'unread'), 503],
  ['does not answer in time', NOT_IN_TIME, 504],
  ['does not speak HTTP', invalidResponse('Parse Error'), 502],
  ['is asked too much', beyondLimit('the server has not answered 64 questions'), 429],
])('a question to a server that %s', (_what, error, expected) => {
  const rest = {
    ask(_question: unknown, done: (result: CallError) => void) {
      done(error)
      return { cancel: () => undefined }
    },
  }
  const pool = { anyBackend: () => ({ model: 'm', rest: () => rest }) }
  const answers: unknown[] = []
  const exchange = {
    ...{ method: 'GET', url: '/v2/models/m/config', headers: {}, maxBodyBytes: 100 },
    readBody: (done: (body: Buffer) => void) => done(Buffer.alloc(0)),
    respond: (code: number, _headers: object, body: string) => answers.push([code, JSON.parse(body)]),
    onCancel: () => undefined,
  } as Exchange
  answerRest({ pools: new Map([['m', pool]]) } as unknown as Front, exchange)
  expect(answers).toEqual([[expected, { error: error.details }]])
})
