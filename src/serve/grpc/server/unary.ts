/** Methods with one request and one response. */
import { status } from '@grpc/grpc-js'
import type { Headers } from '../headers.ts'
import type { Unary } from '../method.ts'
import type { Method } from './server.ts'
import type { CallHandler, Ending, ServerCall } from './server-call.ts'

export interface UnaryCall {
  readonly path: string
  readonly request: Buffer
  /** Headers of the client that are forwarded. */
  readonly headers: Headers | undefined
  /** Time until the deadline of the client when the call began, ms; Infinity without one. */
  readonly timeoutMs: number
  respond(response: Buffer, headers?: Headers, trailers?: Headers): void
  fail(ending: Ending): void
  /** Called if the client no longer waits. */
  onCancel(cancel: () => void): void
}

/** A method of bytes, which is called when the request has arrived as a whole. */
export function unaryBytes(handle: (call: UnaryCall) => void): Method {
  return (call) => new UnaryHandler(call, handle)
}

class UnaryHandler implements CallHandler, UnaryCall {
  private readonly call: ServerCall
  private readonly handle: (call: UnaryCall) => void
  private received: Buffer | undefined
  private cancel: (() => void) | undefined

  constructor(call: ServerCall, handle: (call: UnaryCall) => void) {
    this.call = call
    this.handle = handle
  }

  message(message: Buffer): void {
    if (this.received === undefined) this.received = message
    else this.call.end(TOO_MANY_MESSAGES)
  }

  ended(): void {
    if (this.received !== undefined) this.handle(this)
    else this.call.end({ code: status.UNIMPLEMENTED, details: 'the request has no message' })
  }

  cancelled(): void {
    this.cancel?.()
  }

  get path(): string {
    return this.call.path
  }

  get request(): Buffer {
    return this.received!
  }

  get headers(): Headers | undefined {
    return this.call.headers
  }

  get timeoutMs(): number {
    return this.call.timeoutMs
  }

  respond(response: Buffer, headers?: Headers, trailers?: Headers): void {
    this.call.finish(response, headers, trailers)
  }

  fail(ending: Ending): void {
    this.call.end(ending)
  }

  onCancel(cancel: () => void): void {
    this.cancel = cancel
  }
}

/**
 * A method whose messages are described.
 *
 * @param answer returns the response, or why there is none
 * @param malformed called for each request that cannot be read
 */
export function unaryMessages<Request extends object, Response extends object>(
  { requestDeserialize, responseSerialize }: Unary<Request, Response>,
  answer: (request: Request) => { readonly response: Response } | Ending,
  malformed?: () => void,
): Method {
  return unaryBytes((call) => {
    const message = readMessage(requestDeserialize, call.request)
    if (message === undefined) {
      malformed?.()
      return call.fail(NOT_A_MESSAGE)
    }
    const result = answer(message)
    if ('response' in result) call.respond(responseSerialize(result.response))
    else call.fail(result)
  })
}

/** The ending of a call whose request cannot be read. */
export const NOT_A_MESSAGE: Ending = {
  code: status.INVALID_ARGUMENT,
  details: 'the request is not a message of this method',
}

/** The ending of a call with a second request. */
export const TOO_MANY_MESSAGES: Ending = {
  code: status.UNIMPLEMENTED,
  details: 'this method takes one message',
}

/** Reads a message; undefined if the bytes are not one. */
export function readMessage<Message extends object>(
  deserialize: (bytes: Buffer) => Message,
  bytes: Buffer,
): Message | undefined {
  try {
    return deserialize(bytes)
  } catch {
    return undefined
  }
}
