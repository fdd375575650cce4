import { status } from '@grpc/grpc-js'
import { MalformedMessage } from '../../protocols/fields.ts'
import type { Failure } from '../job.ts'

/** The failure of a server whose response is none of its protocol. @throws any error but a MalformedMessage */
export function malformedReply(error: unknown): Failure {
  if (!(error instanceof MalformedMessage)) throw error
  const details = 'the server sent an invalid response'
  return { kind: 'failure', code: status.INTERNAL, details, fault: 'broken' }
}
