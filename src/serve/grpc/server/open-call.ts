import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { ConnectionBytes } from '../buffered-bytes.ts'
import { ACCEPTED_ENCODINGS, decompress, isKnownEncoding } from '../compression.ts'
import { FrameReader, type FrameReceiver, frameHead, frameOf, MAX_COPIED_SENT_BYTES } from '../frame.ts'
import { forwardedHeaders, type Headers, type RawHeaders } from '../headers.ts'
import { endUnread } from '../reset-stream.ts'
import { encodeDetails, LARGER_BUFFER, status } from '../status.ts'
import { coarseMs, parseTimeout } from '../timeout.ts'
import { CallBytes } from './call-bytes.ts'
import type { CallHandler, Ending, ServerCall } from './server-call.ts'

const RESPONSE = { ':status': 200, 'content-type': 'application/grpc' }
const ACCEPTED = { 'grpc-accept-encoding': ACCEPTED_ENCODINGS }
const OK_TRAILERS = { 'grpc-status': '0' }
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false }
const WITHOUT_BODY = { endStream: true, sendDate: false }

/** The call on a stream, until the stream is closed. Listeners find it here, so that all calls share them. */
const CALL = Symbol('call')
type CallStream = ServerHttp2Stream & { [CALL]?: OpenCall | undefined }

export interface MessageLimit {
  readonly maxMessageBytes: number
  /** Appended to the details of the error for a larger message; begins with "; ". */
  readonly limitCure?: string | undefined
}

/**
 * The server's side of a call on a stream. A class without closures of its own, because node:http2 keeps streams for
 * longer than their calls: what a stream refers to survives the quick collections of garbage.
 */
export class OpenCall implements ServerCall, FrameReceiver {
  readonly path: string
  readonly headers: Headers | undefined
  readonly timeoutMs: number
  private readonly stream: ServerHttp2Stream
  private readonly limits: MessageLimit
  private readonly bytes: CallBytes
  private readonly encoding: string
  private readonly frames = new FrameReader(this)
  private handler: CallHandler | undefined
  private hasEnded = false
  private hasResponded = false
  private trailers: Headers = OK_TRAILERS
  private timer: NodeJS.Timeout | undefined
  /** Messages behind one that is being decompressed, how to forget that one, whether the client has sent its last. */
  private readonly compressed: { readonly bytes: Buffer; readonly isCompressed: boolean }[] = []
  private forgetCompressed = ignore
  private inputEnded = false
  /** Whether the method takes no messages now. */
  private isPaused = false

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    raw: RawHeaders,
    limits: MessageLimit,
    counted: ConnectionBytes,
  ) {
    this.stream = stream
    this.headers = forwardedHeaders(headers, raw)
    this.limits = limits
    this.bytes = new CallBytes(counted)
    this.path = headers[':path'] as string
    this.timeoutMs = parseTimeout(headers['grpc-timeout']) ?? Number.NaN
    this.encoding = (headers['grpc-encoding'] as string | undefined) ?? 'identity'
    ;(stream as CallStream)[CALL] = this
    // the stream is closed after an error
    stream.on('error', ignore)
    stream.on('close', onClose)
  }

  /** Begins reading for the method of the call. */
  handle(handler: CallHandler): void {
    this.handler = handler
    if (!isKnownEncoding(this.encoding)) {
      const details = `messages in the encoding "${this.encoding}" are not taken; use gzip, deflate or identity`
      this.end({ code: status.UNIMPLEMENTED, details, trailers: ACCEPTED })
      return
    }
    if (this.timeoutMs < Infinity) this.timer = setTimeout(onDeadline, coarseMs(this.timeoutMs), this)
    this.stream.on('data', onData)
    this.stream.on('end', onEnd)
  }

  /** Reads bytes of the client. */
  read(chunk: Buffer): void {
    if (!this.hasEnded) this.frames.push(chunk)
  }

  begin(bytes: number): boolean {
    // a message of the same bytes has ended the call
    if (this.hasEnded) return false
    const { maxMessageBytes } = this.limits
    if (bytes <= maxMessageBytes) return this.bytes.begin(bytes) || this.noMemory(bytes)
    this.tooLarge(`the message has ${bytes} bytes, and the limit is ${maxMessageBytes}`)
    return false
  }

  message(bytes: Buffer, isCompressed: boolean): void {
    this.bytes.arrived()
    if (!isCompressed && this.compressed.length === 0) this.handler?.message(bytes)
    else if (this.compressed.push({ bytes, isCompressed }) === 1) {
      // pause reading: empty messages count as 0 bytes, so the queue would not be bounded
      this.stream.pause()
      this.deliverNext()
    }
  }

  /** Ends the call on this side, or after the client has gone. For its method this is a cancellation. */
  fail(ending?: Ending): void {
    if (this.hasEnded) return
    this.handler?.cancelled()
    this.end(ending)
  }

  invalid(): void {
    this.fail({ code: status.INTERNAL, details: 'the request is not a sequence of gRPC messages' })
  }

  /** The client has sent its last byte. */
  inputEnd(): void {
    this.inputEnded = true
    if (this.hasEnded) return
    if (this.frames.isCut) this.fail({ code: status.INTERNAL, details: 'the last message is cut off' })
    else if (this.compressed.length === 0) this.handler?.ended()
  }

  private tooLarge(problem: string): void {
    this.bytes.tooLarge()
    this.fail({ code: status.RESOURCE_EXHAUSTED, details: problem + (this.limits.limitCure ?? '') })
  }

  /** Ends the call: the bytes of a message do not fit into the memory of all. */
  private noMemory(bytes: number): false {
    const held = `the router holds too many bytes of requests to take ${(bytes / 2 ** 20).toFixed(1)} MiB more`
    this.fail({ code: status.RESOURCE_EXHAUSTED, details: held + LARGER_BUFFER })
    return false
  }

  /** Delivers messages in order, up to the next compressed one. A loop: the stack has no room for a call of each. */
  private deliverNext(): void {
    const messages = this.compressed
    for (let i = 0; i < messages.length; i++) {
      const { bytes, isCompressed } = messages[i]
      if (isCompressed) {
        messages.splice(0, i)
        this.inflate(bytes)
        return
      }
      this.handler?.message(bytes)
      if (this.hasEnded) return
    }
    messages.length = 0
    if (!this.isPaused) this.stream.resume()
    if (this.inputEnded) this.handler?.ended()
  }

  private inflate(bytes: Buffer): void {
    if (this.encoding === 'identity') {
      const details = 'a message is compressed, and grpc-encoding does not say how'
      this.fail({ code: status.INTERNAL, details })
    } else {
      const done = (result: Buffer | 'tooLarge' | undefined) => this.inflated(bytes, result)
      this.forgetCompressed = decompress(bytes, this.encoding, this.limits.maxMessageBytes, done)
    }
  }

  private inflated(compressed: Buffer, result: Buffer | 'tooLarge' | undefined): void {
    this.forgetCompressed = ignore
    if (this.hasEnded) return
    this.release(compressed)
    if (result === 'tooLarge') {
      this.tooLarge(`the message has more than ${this.limits.maxMessageBytes} bytes, which is the limit`)
    } else if (result === undefined) {
      this.fail({ code: status.INTERNAL, details: `a message is not in the encoding ${this.encoding}` })
    } else if (this.bytes.inflate(result.length) || this.noMemory(result.length)) {
      this.compressed[0] = { bytes: result, isCompressed: false }
      this.deliverNext()
    }
  }

  private respond(more: Headers | undefined): void {
    this.hasResponded = true
    this.stream.respond(more === undefined ? RESPONSE : { ...more, ...RESPONSE }, WITH_TRAILERS)
    this.stream.on('wantTrailers', onWantTrailers)
  }

  sendTrailers(): void {
    this.stream.sendTrailers(this.trailers)
    if (!this.inputEnded) endUnread(this.stream)
  }

  /** Begins a message of the response. @returns its frame, or only the head of it if it is not to be copied */
  private open(message: Buffer, more?: Headers): Buffer {
    if (!this.hasResponded) this.respond(more)
    const bytes = message.length
    this.bytes.respond(bytes)
    if (bytes <= MAX_COPIED_SENT_BYTES) return frameOf(message)
    this.stream.cork()
    this.stream.write(frameHead(bytes))
    process.nextTick(() => this.stream.uncork())
    return message
  }

  /** Whether there is nobody to answer. */
  private get isGone(): boolean {
    return this.stream.destroyed || this.stream.closed
  }

  send(message: Buffer): void {
    if (this.hasEnded || this.isGone) return
    this.stream.write(this.open(message), () => this.bytes.sent(message.length))
  }

  finish(message: Buffer, more?: Headers, last?: Headers): void {
    if (this.hasEnded) return
    this.conclude()
    if (this.isGone) return
    if (last !== undefined) this.trailers = { ...last, ...OK_TRAILERS }
    this.stream.end(this.open(message, more))
  }

  end(ending?: Ending): void {
    if (this.hasEnded) return
    this.conclude()
    if (!this.isGone) this.sendEnding(ending)
    // a stream that is paused would keep what has come, and never be closed, also where the client has closed it
    this.stream.resume()
  }

  /** Lets go of the method and of the messages of the client, however long it takes to read the answer. */
  private conclude(): void {
    this.hasEnded = true
    this.handler = undefined
    clearTimeout(this.timer)
    this.forgetCompressed()
    this.compressed.length = 0
    this.bytes.answered()
  }

  private sendEnding(ending: Ending | undefined): void {
    if (ending !== undefined || !this.hasResponded) this.endWith(ending ?? { code: status.OK, details: '' })
    else this.stream.end()
    // the client is told not to send the rest, after the trailers if there are any
    if (!this.inputEnded && !this.hasResponded) endUnread(this.stream)
  }

  private endWith({ code, details, headers: more, trailers: last }: Ending): void {
    const own: Record<string, string> = { 'grpc-status': String(code) }
    if (details !== '') own['grpc-message'] = encodeDetails(details)
    this.trailers = last === undefined ? own : { ...last, ...own }
    if (this.hasResponded) this.stream.end()
    else if (more !== undefined || code === status.OK) {
      this.respond(more)
      this.stream.end()
    } else this.stream.respond({ ...this.trailers, ...RESPONSE }, WITHOUT_BODY)
  }

  release({ length }: Buffer): void {
    this.bytes.release(length)
  }

  pause(): void {
    this.isPaused = true
    this.stream.pause()
  }

  resume(): void {
    this.isPaused = false
    if (this.compressed.length === 0) this.stream.resume()
  }

  /** The stream is closed: if the call has not ended, the client is gone. */
  close(): void {
    this.bytes.close()
    this.fail()
  }
}

const ignore = (): void => undefined

function onClose(this: CallStream): void {
  const call = this[CALL]
  this[CALL] = undefined
  call?.close()
}

function onData(this: CallStream, chunk: Buffer): void {
  this[CALL]?.read(chunk)
}

function onEnd(this: CallStream): void {
  this[CALL]?.inputEnd()
}

function onWantTrailers(this: CallStream): void {
  this[CALL]?.sendTrailers()
}

function onDeadline(call: OpenCall): void {
  call.fail({ code: status.DEADLINE_EXCEEDED, details: 'the deadline has passed' })
}
