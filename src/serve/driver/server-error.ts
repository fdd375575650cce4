/** Errors for servers that do not answer as they should: what is wrong, and what to do about it. */
import { KairosError } from '../../model/errors.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import { SPEAKS_PLAIN_TEXT } from '../grpc/client/session.ts'
import { describeError, status } from '../grpc/status.ts'

/** Statuses with which a server that was reached refuses a request. */
const REFUSALS: readonly number[] = [
  status.INVALID_ARGUMENT,
  status.OUT_OF_RANGE,
  status.FAILED_PRECONDITION,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
]

/** Statuses of errors within a server that was reached, as are those that gRPC does not have. */
const FAILINGS: readonly number[] = [
  status.UNKNOWN,
  status.INTERNAL,
  status.DATA_LOSS,
  status.ABORTED,
  status.ALREADY_EXISTS,
  status.CANCELLED,
]

/** What nginx, Go and Apache answer a request without TLS on a port that requires it. */
const REQUIRES_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled server/

/**
 * The error for a server that cannot be reached, refuses a request or fails at it, with the likely cure.
 *
 * @param batch the size of the batch that failed, one of many; undefined for a question, or a single request
 */
export function serverError(
  address: string,
  error: CallFailure,
  model: string | undefined,
  batch?: number,
): KairosError {
  const { problem, cure } = diagnose(error, model, batch)
  return new KairosError('SERVER', `${problem}: ${describeError(error)}`, { field: address }, cure, {
    cause: error,
  })
}

function diagnose(
  error: CallFailure,
  model: string | undefined,
  batch: number | undefined,
): { problem: string; cure: string } {
  const { code, origin } = error
  const what = batch === undefined ? 'the request' : `a batch of ${batch}`
  if (REQUIRES_TLS.test(error.details)) {
    return { problem: 'requires TLS', cure: 'give the CA of its certificate (--tls-ca)' }
  }
  if (model !== undefined && code === status.NOT_FOUND) {
    return { problem: `has no model "${model}"`, cure: 'name one that it serves' }
  }
  if (model !== undefined && code === status.UNIMPLEMENTED) {
    const cure = 'leave the model out if it speaks the protocol of the published scripts'
    return { problem: 'does not speak the Open Inference Protocol', cure }
  }
  if (code === status.UNIMPLEMENTED) {
    const cure = 'name its model if it speaks the Open Inference Protocol'
    return { problem: 'does not speak the protocol of the published scripts', cure }
  }
  if (code === status.DEADLINE_EXCEEDED) {
    const cure = 'check that it runs, that its address is correct, and that it has enough time'
    return { problem: `does not answer ${what} in time`, cure }
  }
  if (origin === 'limit') {
    return { problem: `${what}, or its response, exceeds a limit`, cure: 'send smaller batches' }
  }
  if (code === status.RESOURCE_EXHAUSTED) {
    return {
      problem: `refuses ${what}`,
      cure: 'send smaller batches, or try again when it has less to do',
    }
  }
  if (REFUSALS.includes(code)) {
    return { problem: `refuses ${what}`, cure: 'change the request as the message of the server says' }
  }
  const isUnknown = code > status.UNAUTHENTICATED
  if (FAILINGS.includes(code) || isUnknown) return { problem: `fails at ${what}`, cure: 'look into its log' }
  if (code === status.UNAVAILABLE && origin === 'server') {
    return { problem: `cannot serve ${what} now`, cure: 'start what it needs, or try again later' }
  }
  if (error.details.includes(SPEAKS_PLAIN_TEXT)) {
    const cure = 'connect without TLS, or name its port for TLS'
    return { problem: 'cannot be reached', cure }
  }
  const cure = 'start it, correct its address, or check its certificates if it uses TLS'
  return { problem: batch === undefined ? 'cannot be reached' : `does not answer ${what}`, cure }
}
