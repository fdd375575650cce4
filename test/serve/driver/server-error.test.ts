import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { serverError, unanswered } from '../../../src/serve/driver/server-error.ts'

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

test.each([
  [
    status.UNIMPLEMENTED,
    'm',
    'a:1: does not speak the Open Inference Protocol: UNIMPLEMENTED no; leave the model out if it speaks the protocol of the published scripts',
  ],
  [
    status.UNIMPLEMENTED,
    undefined,
    'a:1: does not speak the protocol of the published scripts: UNIMPLEMENTED no; name its model if it speaks the Open Inference Protocol',
  ],
  [
    status.RESOURCE_EXHAUSTED,
    'm',
    'a:1: does not answer to a batch of 8: RESOURCE_EXHAUSTED no; send smaller batches, or try again when it has less to do',
  ],
  [status.INTERNAL, 'm', 'a:1: does not answer to a batch of 8: INTERNAL no; look into its log'],
])('a batch that is not answered, for status %i and model %s', (code, model, message) => {
  const error = Object.assign(new Error('no'), { code, details: 'no' })
  expect(unanswered('a:1', 8, error, model).message).toBe(message)
})
