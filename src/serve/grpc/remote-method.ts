/** Calls of a method whose messages are described, over a channel. */
import type { status } from '@grpc/grpc-js'
import type { Channel } from './channel.ts'
import type { Unary } from './method.ts'

/** A call that did not end with OK. */
export class GrpcError extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details)
  }
}

/** @throws GrpcError */
export function callMethod<Request, Response>(
  channel: Channel,
  method: Unary<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const message = method.requestSerialize(request)
    channel.call({ path: method.path, message, timeoutMs }, (result) => {
      if (result.kind === 'response') resolve(method.responseDeserialize(result.message))
      else reject(new GrpcError(result.code, result.details))
    })
  })
}
