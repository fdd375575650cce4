/** Methods with one request and one response. */
import type { IncomingHttpHeaders } from 'node:http2'
import { status } from '@grpc/grpc-js'
import type { Headers } from './headers.ts'
import type { Unary } from './method.ts'
import type { Method } from './server.ts'
import type { Ending } from './server-call.ts'

export interface UnaryCall {
  readonly path: string
  readonly request: Buffer
  readonly headers: IncomingHttpHeaders
  /** Time until the deadline of the client when the call began, ms; Infinity without one. */
  readonly timeoutMs: number
  respond(response: Buffer, headers?: Headers, trailers?: Headers): void
  fail(ending: Ending): void
  /** Called if the client no longer waits. */
  onCancel(cancel: () => void): void
}

/** A method of bytes, which is called when the request has arrived as a whole. */
export function unaryBytes(handle: (call: UnaryCall) => void): Method {
  return (call) => {
    let request: Buffer | undefined
    let cancel: (() => void) | undefined
    return {
      message(message) {
        if (request === undefined) request = message
        else call.end({ code: status.UNIMPLEMENTED, details: 'this method takes one message' })
      },
      ended() {
        if (request === undefined) {
          call.end({ code: status.UNIMPLEMENTED, details: 'the request has no message' })
          return
        }
        handle({
          path: call.path,
          request,
          headers: call.headers,
          timeoutMs: call.timeoutMs,
          respond: call.finish,
          fail: call.end,
          onCancel(work) {
            cancel = work
          },
        })
      },
      cancelled: () => cancel?.(),
    }
  }
}

/** A method whose messages are described. @param answer returns the response, or why there is none */
export function unaryMessages<Request, Response extends object>(
  { requestDeserialize, responseSerialize }: Unary<Request, Response>,
  answer: (request: Request) => { readonly response: Response } | Ending,
): Method {
  return unaryBytes(({ request, respond, fail }) => {
    let message: Request
    try {
      message = requestDeserialize(request)
    } catch {
      fail({ code: status.INVALID_ARGUMENT, details: 'the request is not a message of this method' })
      return
    }
    const result = answer(message)
    if ('response' in result) respond(responseSerialize(result.response))
    else fail(result)
  })
}
