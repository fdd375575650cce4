import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { constants } from 'node:http2'
import { status } from '@grpc/grpc-js'
import type { ConnectionBytes } from './buffered-bytes.ts'
import { ACCEPTED_ENCODINGS, decompress, isKnownEncoding } from './compression.ts'
import { frameHead, frameOf, readFrames } from './frame.ts'
import type { Headers } from './headers.ts'
import { encodeDetails } from './status.ts'
import { coarseMs, parseTimeout } from './timeout.ts'

/** A call of a client. */
export interface ServerCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Time until the deadline of the client when the call began, ms; Infinity without one. */
  readonly timeoutMs: number
  /** Sends a message; headers only count with the first one. */
  send(message: Buffer, headers?: Headers): void
  /** Sends the only message and ends the call with OK, after the client has sent all of its messages. */
  finish(message: Buffer, headers?: Headers, trailers?: Headers): void
  /** Ends the call, with OK unless there is a problem. Later calls do nothing. */
  end(ending?: Ending): void
  /** A message has been worked off: its bytes are no longer held. Those of all messages are not, after the end. */
  release(message: Buffer): void
  /** Stops and resumes reading of messages. */
  pause(): void
  resume(): void
}

export interface Ending {
  readonly code: status
  readonly details: string
  readonly headers?: Headers | undefined
  readonly trailers?: Headers | undefined
}

/** The side of a method in one call. */
export interface CallHandler {
  message(message: Buffer): void
  /** The client sends no more messages. */
  ended(): void
  /** The client has cancelled, its deadline has passed, or its connection is lost. Never called after `end`. */
  cancelled(): void
}

/** A call before and after its method is known. */
export interface OpenCall extends ServerCall {
  /** Begins reading. */
  handle(handler: CallHandler): void
}

interface CallLimits {
  readonly maxMessageBytes: number
}

const RESPONSE = { ':status': 200, 'content-type': 'application/grpc' }
const OK_TRAILERS = { 'grpc-status': '0' }
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false }
const WITHOUT_BODY = { endStream: true, sendDate: false }

/** A larger message is not copied behind its length. */
const MOST_COPIED_BYTES = 16_384

const MIB = 2 ** 20

/** Opens the server's side of a call on a stream. */
export function openCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { maxMessageBytes }: CallLimits,
  counted: ConnectionBytes,
): OpenCall {
  const timeoutMs = parseTimeout(headers['grpc-timeout']) ?? Number.NaN
  const encoding = (headers['grpc-encoding'] as string | undefined) ?? 'identity'
  let handler: CallHandler | undefined
  let hasEnded = false
  let hasResponded = false
  let trailers: Headers = OK_TRAILERS
  let timer: NodeJS.Timeout | undefined
  /** Bytes of requests and responses that are counted for this call. */
  let incomplete = 0
  let complete = 0
  let unsent = 0
  /** Messages that wait for one that is being decompressed, and whether the client has sent its last one. */
  const compressed: { readonly bytes: Buffer; readonly isCompressed: boolean }[] = []
  let inputEnded = false

  const frames = readFrames({
    begin(bytes) {
      if (bytes > maxMessageBytes) {
        const details = `the message has ${bytes} bytes, and the limit is ${maxMessageBytes}`
        end({ code: status.RESOURCE_EXHAUSTED, details })
        return false
      }
      return take(bytes)
    },
    message(bytes, isCompressed) {
      incomplete = 0
      complete += bytes.length
      counted.complete(bytes.length)
      if (!isCompressed && compressed.length === 0) handler?.message(bytes)
      else if (compressed.push({ bytes, isCompressed }) === 1) deliverNext()
    },
    invalid: () => end({ code: status.INTERNAL, details: 'the request is not a sequence of gRPC messages' }),
  })

  /** Counts the bytes of a message, or ends the call if they do not fit. */
  function take(bytes: number): boolean {
    if (counted.begin(bytes)) {
      incomplete = bytes
      return true
    }
    const details = `the router holds too many bytes of requests to take ${toMib(bytes)} MiB more; try again later`
    end({ code: status.RESOURCE_EXHAUSTED, details })
    return false
  }

  /** Delivers messages in their order, where some of them are compressed. */
  function deliverNext(): void {
    const [{ bytes, isCompressed }] = compressed
    if (!isCompressed) deliver(bytes)
    else if (encoding === 'identity') {
      end({ code: status.INTERNAL, details: 'a message is compressed, and grpc-encoding does not say how' })
    } else decompress(bytes, encoding, maxMessageBytes, inflated)
  }

  function inflated(result: Buffer | 'tooLarge' | undefined): void {
    if (hasEnded) return
    if (result === 'tooLarge') {
      const details = `the message has more than ${maxMessageBytes} bytes, which is the limit`
      end({ code: status.RESOURCE_EXHAUSTED, details })
    } else if (result === undefined) {
      end({ code: status.INTERNAL, details: `a message is not in the encoding ${encoding}` })
    } else if (take(result.length)) {
      incomplete = 0
      complete += result.length
      counted.complete(result.length)
      deliver(result)
    }
  }

  function deliver(message: Buffer): void {
    compressed.shift()
    handler?.message(message)
    if (hasEnded) return
    if (compressed.length > 0) deliverNext()
    else if (inputEnded) handler?.ended()
  }

  function respond(more: Headers | undefined): void {
    hasResponded = true
    stream.respond(more === undefined ? RESPONSE : { ...more, ...RESPONSE }, WITH_TRAILERS)
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  }

  /** Begins a message of the response. @returns its frame, or only the head of it if it is not to be copied */
  function open(message: Buffer, more: Headers | undefined): Buffer {
    if (!hasResponded) respond(more)
    const bytes = message.length
    unsent += bytes
    counted.respond(bytes)
    if (bytes <= MOST_COPIED_BYTES) return frameOf(message)
    stream.cork()
    stream.write(frameHead(bytes))
    process.nextTick(() => stream.uncork())
    return message
  }

  function send(message: Buffer, more?: Headers): void {
    if (hasEnded || stream.destroyed || stream.closed) return
    stream.write(open(message, more), () => {
      const bytes = Math.min(message.length, unsent)
      unsent -= bytes
      counted.sent(bytes)
    })
  }

  function finish(message: Buffer, more?: Headers, last?: Headers): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    if (stream.destroyed || stream.closed) return
    if (last !== undefined) trailers = { ...last, ...OK_TRAILERS }
    stream.end(open(message, more))
  }

  function end(ending?: Ending): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    if (stream.destroyed || stream.closed) return
    if (ending !== undefined || !hasResponded) endWith(ending ?? { code: status.OK, details: '' })
    else stream.end()
    // the client is told not to send the rest
    if (!inputEnded) stream.close(constants.NGHTTP2_NO_ERROR)
  }

  function endWith({ code, details, headers: more, trailers: last }: Ending): void {
    const own: Record<string, string> = { 'grpc-status': String(code) }
    if (details !== '') own['grpc-message'] = encodeDetails(details)
    trailers = last === undefined ? own : { ...last, ...own }
    if (hasResponded) stream.end()
    else if (more !== undefined || code === status.OK) {
      respond(more)
      stream.end()
    } else stream.respond({ ...trailers, ...RESPONSE }, WITHOUT_BODY)
  }

  /** The client is gone, or has no more time. */
  function cancel(): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    handler?.cancelled()
  }

  // the stream is closed after an error
  stream.on('error', () => undefined)
  stream.on('close', () => {
    counted.drop(incomplete, false)
    counted.drop(complete, true)
    counted.sent(unsent)
    incomplete = complete = unsent = 0
    cancel()
  })
  return {
    path: headers[':path'] as string,
    headers,
    timeoutMs,
    send,
    finish,
    end,
    release({ length }) {
      // after the end nothing is held
      const bytes = Math.min(length, complete)
      complete -= bytes
      counted.drop(bytes, true)
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    handle(given) {
      handler = given
      if (!isKnownEncoding(encoding)) {
        const trailers = { 'grpc-accept-encoding': ACCEPTED_ENCODINGS }
        const details = `messages in the encoding "${encoding}" are not taken`
        end({ code: status.UNIMPLEMENTED, details, trailers })
        return
      }
      if (timeoutMs < Infinity) {
        timer = setTimeout(() => {
          handler?.cancelled()
          end({ code: status.DEADLINE_EXCEEDED, details: 'the deadline has passed' })
        }, coarseMs(timeoutMs))
      }
      stream.on('data', (chunk: Buffer) => {
        if (!hasEnded) frames.push(chunk)
      })
      stream.on('end', () => {
        inputEnded = true
        if (hasEnded) return
        if (frames.isCut) end({ code: status.INTERNAL, details: 'the last message is cut off' })
        else if (compressed.length === 0) given.ended()
      })
    },
  }
}

function toMib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
