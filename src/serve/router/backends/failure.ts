import { type CallError, invalidResponse } from '../../grpc/client/client-call.ts'
import { MalformedMessage } from '../../protocols/fields.ts'
import type { Failure } from '../job.ts'

/** The failure of a server that a call ended with. */
export function failureOf({ code, details, origin, headers, trailers }: CallError): Failure {
  return { kind: 'failure', code, details, origin, headers, trailers }
}

/**
 * The failure of a server whose response is none of its protocol.
 *
 * @param what tells the response from others: its size and, where it has one, its content type
 * @throws any error but a MalformedMessage
 */
export function malformedReply(error: unknown, what: string): Failure {
  if (!(error instanceof MalformedMessage)) throw error
  return failureOf(invalidResponse(`the server sent an invalid response ${what}`))
}
