/** Calls of a method whose messages are described, over a channel. */
import { abortable } from '../../abortable.ts'
import type { Unary } from '../method.ts'
import type { status } from '../status.ts'
import type { Channel } from './channel.ts'
import { type CallError, invalidResponse } from './client-call.ts'

/** A call that did not end with OK, or a request over HTTP that failed. */
export class CallFailure extends Error {
  readonly code: status
  readonly details: string
  readonly origin: CallError['origin']
  /** Whether the server answers with something other than gRPC. */
  readonly speaksOther: boolean

  constructor({ code, details, origin, speaksOther = false }: CallError) {
    super(details)
    this.code = code
    this.details = details
    this.origin = origin
    this.speaksOther = speaksOther
  }
}

/**
 * Largest answer to a question about a server or its model, bytes. It is decoded: a field of two bytes takes more than
 * a hundred then. The metadata of a model has about 60 bytes for each tensor.
 */
export const MAX_ANSWER_BYTES = 2 ** 18

/** @throws CallFailure also if the answer is no message of this method; the reason of an aborted signal */
export async function callMethod<Request, Response>(
  channel: Channel,
  method: Unary<Request, Response>,
  request: Request,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Response> {
  const message = method.requestSerialize(request)
  const asked = { path: method.path, message, timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES }
  const response = await abortable<Buffer>(signal, (resolve, reject) =>
    channel.call(asked, (result) => {
      if (result.kind === 'response') resolve(result.message)
      else reject(new CallFailure(result))
    }),
  )
  try {
    return method.responseDeserialize(response)
  } catch (error) {
    const details = `the answer is no message of ${method.path}: ${(error as Error).message}`
    throw new CallFailure(invalidResponse(details))
  }
}
