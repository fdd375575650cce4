import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { serverError } from '../../../src/serve/driver/server-error.ts'

const failure = (details: string) => Object.assign(new Error(details), { code: status.UNAVAILABLE, details })

test.each([
  [
    'HTTP 503: no server of "m" can answer',
    'a:1: cannot serve the request now: UNAVAILABLE HTTP 503: no server of "m" can answer; start what it needs, or try again later',
  ],
  [
    'No connection established',
    'a:1: cannot be reached: UNAVAILABLE No connection established; start it, correct its address, or check its certificates if it uses TLS',
  ],
])('a server that is unavailable: %s', (details, message) => {
  expect(serverError('a:1', failure(details), 'm').message).toBe(message)
})
