/** Calls of a method whose messages are described, over a channel. */
import { status } from '@grpc/grpc-js'
import type { Unary } from '../method.ts'
import type { Channel } from './channel.ts'

/** A call that did not end with OK. */
export class GrpcError extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
    /** Whether the server answers with something other than gRPC. */
    readonly speaksOther = false,
  ) {
    super(details)
  }
}

/**
 * Largest answer to a question about a server or its model, bytes. It is decoded: a field of two bytes takes more than a
 * hundred then. The metadata of a model has about 60 bytes for each tensor.
 */
export const MAX_ANSWER_BYTES = 2 ** 18

/** @throws GrpcError also if the answer is no message of this method */
export async function callMethod<Request, Response>(
  channel: Channel,
  method: Unary<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response> {
  const response = await new Promise<Buffer>((resolve, reject) => {
    const message = method.requestSerialize(request)
    channel.call({ path: method.path, message, timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES }, (result) => {
      if (result.kind === 'response') resolve(result.message)
      else reject(new GrpcError(result.code, result.details, result.speaksOther))
    })
  })
  try {
    return method.responseDeserialize(response)
  } catch (error) {
    const details = `the answer is no message of ${method.path}: ${(error as Error).message}`
    throw new GrpcError(status.INTERNAL, details)
  }
}
