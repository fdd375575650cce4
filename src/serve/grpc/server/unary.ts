/** Methods with one request and one response. */
import type { Unary } from '../method.ts'
import { status } from '../status.ts'
import type { Method } from './server.ts'
import type { CallHandler, Ending, ServerCall } from './server-call.ts'

/** Called when the request has arrived as a whole; returns what is to be done if the client no longer waits. */
type Handle = (call: ServerCall, request: Buffer) => (() => void) | undefined

/** A method of bytes. */
export function unaryBytes(handle: Handle): Method {
  return (call) => new UnaryHandler(call, handle)
}

class UnaryHandler implements CallHandler {
  private readonly call: ServerCall
  private readonly handle: Handle
  private received: Buffer | undefined
  private cancel: (() => void) | undefined

  constructor(call: ServerCall, handle: Handle) {
    this.call = call
    this.handle = handle
  }

  message(message: Buffer): void {
    if (this.received === undefined) this.received = message
    else this.call.end(TOO_MANY_MESSAGES)
  }

  ended(): void {
    if (this.received !== undefined) this.cancel = this.handle(this.call, this.received)
    else this.call.end({ code: status.UNIMPLEMENTED, details: 'the request has no message' })
  }

  cancelled(): void {
    this.cancel?.()
  }
}

/**
 * A method whose messages are described, behind its path.
 *
 * @param answer returns the response, or why there is none
 * @param malformed called for each request that cannot be read
 */
export function unaryMessages<Request extends object, Response extends object>(
  { path, requestDeserialize, responseSerialize }: Unary<Request, Response>,
  answer: (request: Request) => { readonly response: Response } | Ending,
  malformed?: () => void,
): readonly [string, Method] {
  const method = unaryBytes((call, request) => {
    const message = readMessage(requestDeserialize, request)
    if (message === undefined) {
      malformed?.()
      return void call.end(NOT_A_MESSAGE)
    }
    const result = answer(message)
    if ('response' in result) return void call.finish(responseSerialize(result.response))
    return void call.end(result)
  })
  return [path, method]
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
