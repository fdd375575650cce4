/**
 * ModelStreamInfer: every message of a stream is a request of its own, which the dispatcher decides about; responses
 * come in the order of the requests. Servers get ModelInfer.
 */
import protobuf from 'protobufjs/minimal.js'
import type { Method } from '../../grpc/server/server.ts'
import { unlessMalformed } from '../../protocols/fields.ts'
import { readInferId } from '../../protocols/inference.ts'
import type { Outcome } from '../job.ts'

/** Messages of one stream that are open at most; the client waits with more. */
const MOST_OPEN = 32

interface Open {
  readonly request: Buffer
  /** The encoded response, once it is known. */
  response?: Buffer
  cancel?: () => void
}

/** @param submit submits the request of a message; `settle` is called once, unless it is cancelled */
export function streamInfer(
  submit: (request: Buffer, call: Parameters<Method>[0], settle: (outcome: Outcome) => void) => () => void,
): Method {
  return (call) => {
    const open: Open[] = []
    /** Messages beyond the most open ones that have come before the client was paused. */
    const early: Buffer[] = []
    let hasEnded = false
    let isFlushing = false

    /** Sends what is answered, up to the first request that is not, and opens as many of the early ones. */
    function flush(): void {
      // a request that is settled at once calls this again
      if (isFlushing) return
      isFlushing = true
      while (open.length > 0 && open[0].response !== undefined) {
        const { request, response } = open.shift()!
        call.send(response!)
        call.release(request)
        if (early.length > 0) start(early.shift()!)
      }
      isFlushing = false
      if (open.length < MOST_OPEN) call.resume()
      if (hasEnded && open.length === 0) call.end()
    }

    function start(request: Buffer): void {
      const one: Open = { request }
      open.push(one)
      if (open.length >= MOST_OPEN) call.pause()
      one.cancel = submit(request, call, (outcome) => {
        one.response = responseOf(request, outcome)
        flush()
      })
    }

    return {
      message(request) {
        if (open.length < MOST_OPEN) start(request)
        else early.push(request)
      },
      ended() {
        hasEnded = true
        flush()
      },
      cancelled() {
        early.length = 0
        for (const { cancel } of open.splice(0)) cancel?.()
      },
    }
  }
}

/** ModelStreamInferResponse: an error message, and a response, which has at least the id of the request. */
function responseOf(request: Buffer, outcome: Outcome): Buffer {
  const writer = protobuf.Writer.create()
  if (outcome.kind === 'answer') writer.uint32((2 << 3) | 2).bytes(outcome.response)
  else {
    writer.uint32((1 << 3) | 2).string(outcome.details)
    writer
      .uint32((2 << 3) | 2)
      .fork()
      .uint32((3 << 3) | 2)
      .string(unlessMalformed(() => readInferId(request)) ?? '')
      .ldelim()
  }
  return Buffer.from(writer.finish())
}
