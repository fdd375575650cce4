import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { serverError } from '../../../src/serve/driver/server-error.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'

test.each<[CallFailure['origin'], string, string]>([
  [
    'server',
    'the model is loaded again',
    'a:1: cannot serve the request now: UNAVAILABLE the model is loaded again; start what it needs, or try again later',
  ],
  [
    'server',
    'HTTP 503: no server of "m" can answer',
    'a:1: cannot serve the request now: UNAVAILABLE HTTP 503: no server of "m" can answer; start what it needs, or try again later',
  ],
  [
    'connection',
    'No connection established',
    'a:1: cannot be reached: UNAVAILABLE No connection established; start it, correct its address, or check its certificates if it uses TLS',
  ],
])('a server that is unavailable, as the %s says: %s', (origin, details, message) => {
  expect(serverError('a:1', new CallFailure(problem(status.UNAVAILABLE, details, origin)), 'm').message).toBe(
    message,
  )
})

test.each([
  '<title>400 The plain HTTP request was sent to HTTPS port</title>',
  'Client sent an HTTP request to an HTTPS server.',
  "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
])('a port that requires TLS, as its server says over HTTP: %s', (body) => {
  const error = new CallFailure(problem(status.INVALID_ARGUMENT, `HTTP 400: ${body}`, 'server'))
  const cure = 'give the CA of its certificate (--tls-ca)'
  const message = `a:1: requires TLS: INVALID_ARGUMENT HTTP 400: ${body}; ${cure}`
  expect(serverError('a:1', error, 'm').message).toBe(message)
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
    'a:1: refuses a batch of 8: RESOURCE_EXHAUSTED no; send smaller batches, or try again when it has less to do',
  ],
  [99, 'm', 'a:1: fails at a batch of 8: 99 no; look into its log'],
  [status.INTERNAL, 'm', 'a:1: fails at a batch of 8: INTERNAL no; look into its log'],
  [
    status.INVALID_ARGUMENT,
    'm',
    'a:1: refuses a batch of 8: INVALID_ARGUMENT no; change the request as the message of the server says',
  ],
  [status.NOT_FOUND, 'm', 'a:1: has no model "m": NOT_FOUND no; name one that it serves'],
  [
    status.UNAVAILABLE,
    'm',
    'a:1: cannot serve a batch of 8 now: UNAVAILABLE no; start what it needs, or try again later',
  ],
  [
    status.DEADLINE_EXCEEDED,
    'm',
    'a:1: does not answer a batch of 8 in time: DEADLINE_EXCEEDED no; check that it runs, that its address is correct, and that it has enough time',
  ],
])('a batch that is not answered, for status %i and model %s', (code, model, message) => {
  expect(serverError('a:1', new CallFailure(problem(code, 'no', 'server')), model, 8).message).toBe(message)
})

test('a batch during which the connection is lost', () => {
  const failure = new CallFailure(problem(status.UNAVAILABLE, 'the connection was closed', 'connection'))
  expect(serverError('a:1', failure, 'm', 8).message).toMatch(
    /^a:1: does not answer a batch of 8: UNAVAILABLE the connection was closed; start it, /,
  )
})
