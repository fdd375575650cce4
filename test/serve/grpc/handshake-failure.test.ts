import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { handshakeFailure } from '../../../src/serve/grpc/handshake-failure.ts'

/** Codes that Node 20 gives to clients of OpenSSL 3, which send an alert, and to floods. */
test.each([
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'router-certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'router-certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'router-certificate'],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'router-certificate'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'version'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'version'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'version'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'plain-text'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'timeout'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'other'],
])('%s means %s', (code, reason) => {
  const error = Object.assign(new Error('with its place in OpenSSL'), { code, reason: 'in words' })
  expect(handshakeFailure(error, {} as TLSSocket)).toEqual({ reason, details: 'in words' })
})

test.each([
  ['ECONNRESET', 'closed'],
  ['EPIPE', 'closed'],
  ['ENOMEM', 'other'],
])('an error of the system has no words of OpenSSL: %s', (code, reason) => {
  const error = Object.assign(new Error(`write ${code}`), { code })
  expect(handshakeFailure(error, {} as TLSSocket)).toEqual({ reason, details: code })
  expect(handshakeFailure(new Error('unknown'), {} as TLSSocket)).toEqual({
    reason: 'other',
    details: 'unknown',
  })
})
