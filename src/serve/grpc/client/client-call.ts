/**
 * A call of a server, as its client. The result says where an error comes from, because a router has to tell a server
 * that answers from one that does not.
 */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { AnswerLimit } from '../../stalls.ts'
import { decompress } from '../compression.ts'
import { FrameReader, type FrameReceiver } from '../frame.ts'
import { forwardedHeaders, type Headers, isGrpc, type RawHeaders } from '../headers.ts'
import { cancelStream } from '../reset-stream.ts'
import { codeOf, codeOfHttp, codeOfReset, decodeDetails, status } from '../status.ts'
import type { Session } from './session.ts'

export type CallResult = Response | CallError

interface Response {
  readonly kind: 'response'
  readonly message: Buffer
  readonly headers: Headers | undefined
  readonly trailers: Headers | undefined
}

export interface CallError {
  readonly kind: 'error'
  readonly code: status
  readonly details: string
  /**
   * Who says so: the `server` (a status of gRPC or HTTP, or that it does not take the headers), its response that is
   * `invalid`, the `connection`, the `deadline`, or the `limit` of messages and headers on this side. Over HTTP also a
   * connection that the server closed before the request was sent as a whole: it is `unread`.
   */
  readonly origin: 'server' | 'invalid' | 'connection' | 'deadline' | 'limit' | 'unread'
  readonly headers?: Headers | undefined
  readonly trailers?: Headers | undefined
  /** Whether the server answers with something other than gRPC. */
  readonly speaksOther?: boolean
  /**
   * The server has not seen the request: it refused the stream (RFC 9113, 8.7), or the stream was not sent. It may be
   * sent again.
   */
  readonly isUnseen?: boolean
}

interface CallOptions {
  readonly session: Session
  readonly timeoutMs: number
  readonly maxMessageBytes: number
  /** The end of the details of a response that is larger. */
  readonly limitCure: string
}

const HEADERS_TOO_LARGE = beyondLimit('the headers of the request are larger than can be sent')

export const NOT_IN_TIME = problem(status.DEADLINE_EXCEEDED, 'the server did not answer in time', 'deadline')

/**
 * From this share of the time limit on, a call that the server ends with DEADLINE_EXCEEDED or CANCELLED, or by
 * cancelling its stream, counts as not answered in time: servers know the limit, and some end a call at its deadline
 * in one of these ways.
 */
const AT_DEADLINE = 0.95

/** The call on a stream, until it has ended. Listeners find it here, so that all calls share them. */
const CALL = Symbol('call')
type CallStream = ClientHttp2Stream & { [CALL]?: ClientCall | undefined }

/**
 * Collects the response on a stream. A class without closures of its own, because node:http2 keeps streams for longer
 * than their calls: what a stream refers to survives the quick collections of garbage.
 */
export class ClientCall implements FrameReceiver {
  private readonly stream: ClientHttp2Stream
  private readonly options: CallOptions
  private readonly done: (result: CallResult) => void
  private readonly frames = new FrameReader(this)
  private head: IncomingHttpHeaders | undefined
  private last: IncomingHttpHeaders | undefined
  private forwardedHead: Headers | undefined
  private forwardedLast: Headers | undefined
  private received: Buffer | undefined
  private isCompressed = false
  private isDecompressing = false
  private isOver = false
  private found: CallError | undefined
  private error: Error | undefined
  private readonly limit: AnswerLimit | undefined
  private readonly startMs = performance.now()

  /** @param done called once, later, unless the call is cancelled */
  constructor(stream: ClientHttp2Stream, options: CallOptions, done: (result: CallResult) => void) {
    this.stream = stream
    this.options = options
    this.done = done
    const { timeoutMs } = options
    if (timeoutMs < Infinity) this.limit = new AnswerLimit(timeoutMs, this)
    ;(stream as CallStream)[CALL] = this
    stream.on('response', onResponse)
    stream.on('trailers', onTrailers)
    stream.on('data', onData)
    stream.on('end', onEnd)
    stream.on('error', onError)
    stream.on('frameError', onFrameError)
    stream.on('close', onClose)
  }

  cancel(): void {
    this.leave()
    this.isOver = true
    this.limit?.cancel()
    cancelStream(this.stream)
  }

  /** Ignores further events of the stream. */
  private leave(): void {
    ;(this.stream as CallStream)[CALL] = undefined
  }

  /** Tells the result, unless it is told or the call was cancelled while the response was decompressed. */
  private end(result: CallResult): void {
    if (this.isOver) return
    this.isOver = true
    this.limit?.cancel()
    this.done(result)
  }

  begin(bytes: number): boolean {
    const { maxMessageBytes, limitCure } = this.options
    if (bytes <= maxMessageBytes) return true
    const details = `the response has ${bytes} bytes, and the limit is ${maxMessageBytes}${limitCure}`
    this.stop(beyondLimit(details))
    return false
  }

  message(bytes: Buffer, isCompressed: boolean): void {
    if (this.received !== undefined) {
      this.stop(invalidResponse('the server sent two responses'))
      return
    }
    this.received = bytes
    this.isCompressed = isCompressed
  }

  invalid(): void {
    this.stop(invalidResponse('the response is not a message of gRPC'))
  }

  /** Ends the call from this side. */
  private stop(reason: CallError): void {
    this.found ??= reason
    cancelStream(this.stream)
  }

  expire(): void {
    if (this.isDecompressing) {
      this.end(NOT_IN_TIME)
      return
    }
    this.stop(NOT_IN_TIME)
    // a server that reads no more keeps a stream open while bytes of the connection are on the way
    this.finish()
  }

  private isAtDeadline(): boolean {
    return performance.now() - this.startMs >= AT_DEADLINE * this.options.timeoutMs
  }

  responded(headers: IncomingHttpHeaders, raw: RawHeaders | undefined): void {
    this.head = headers
    this.forwardedHead = forwardedHeaders(headers, raw)
    this.options.session.answered()
    const http = Number(headers[':status'])
    const type = headers['content-type']
    if (http !== 200 && headers['grpc-status'] === undefined) {
      const code = codeOfHttp(http)
      // a proxy of gRPC answers so too if its server is gone
      const speaksOther = code !== status.UNAVAILABLE
      this.stop({
        ...problem(code, `the server answered with the HTTP status ${http}`, 'server'),
        speaksOther,
      })
    } else if (!isGrpc(type) && (type !== undefined || headers['grpc-status'] === undefined)) {
      // tonic gives no type with the status of a call whose time is up
      const details = `the server answered with ${type ?? 'no content-type'}`
      this.stop({ ...problem(status.UNKNOWN, details, 'invalid'), speaksOther: true })
    }
  }

  ended(headers: IncomingHttpHeaders, raw: RawHeaders | undefined): void {
    this.last = headers
    this.forwardedLast = forwardedHeaders(headers, raw)
  }

  read(chunk: Buffer): void {
    this.frames.push(chunk)
  }

  /** The server has sent its last byte. */
  inputEnd(): void {
    if (this.found ?? this.last ?? this.head?.['grpc-status']) this.finish()
  }

  failed(error: Error): void {
    this.error = error
  }

  /** The headers of the request exceed the 64 KiB that node:http2 sends: no server has seen them or is at fault. */
  unsendable(): void {
    this.found ??= HEADERS_TOO_LARGE
  }

  /** The call has ended, with its result or without. */
  finish(): void {
    this.leave()
    const result = this.found ?? this.result()
    // a server may answer before it has read the request, and close the stream
    if (!this.stream.writableFinished) cancelStream(this.stream)
    if (result.kind === 'error' && result.origin === 'deadline') this.options.session.doubt()
    if (result.kind === 'response' && this.isCompressed) this.decompressed(result)
    else this.end(result)
  }

  private result(): CallResult {
    const { head, last, received } = this
    const code = codeOf((last ?? head)?.['grpc-status'])
    if (head === undefined || code === undefined) return this.withoutStatus()
    // the headers of a response without a body are its trailers
    const headers = last === undefined ? undefined : this.forwardedHead
    const trailers = last === undefined ? this.forwardedHead : this.forwardedLast
    const mayBeLate = code === status.DEADLINE_EXCEEDED || code === status.CANCELLED
    if (mayBeLate && this.isAtDeadline()) return NOT_IN_TIME
    if (code !== status.OK) {
      const details = decodeDetails(String((last ?? head)['grpc-message'] ?? ''))
      return { kind: 'error', code, details, origin: 'server', headers, trailers }
    }
    if (received !== undefined && !this.frames.isCut) {
      return { kind: 'response', message: received, headers, trailers }
    }
    return invalidResponse('the server sent OK without a whole response')
  }

  /** The reason why there is no status of gRPC. */
  private withoutStatus(): CallError {
    const { head, error } = this
    const { session } = this.options
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_HTTP2_OUT_OF_STREAMS') {
      // its calls may end; new ones get another connection
      session.http2.close()
      return {
        ...problem(status.UNAVAILABLE, 'the connection has no more streams', 'connection'),
        isUnseen: true,
      }
    }
    const lost = session.whyLost(error)
    const { rstCode, id } = this.stream
    if (lost !== undefined) {
      const { details, speaksOther } = lost
      const isUnseen = head === undefined && session.isUnseen(id)
      const origin = head === undefined ? 'connection' : 'invalid'
      return { ...problem(status.UNAVAILABLE, details, origin), isUnseen, speaksOther }
    }
    if (rstCode === constants.NGHTTP2_CANCEL && this.isAtDeadline()) return NOT_IN_TIME
    if (rstCode !== constants.NGHTTP2_NO_ERROR) {
      const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM || rstCode === constants.NGHTTP2_CANCEL
      const details = `the server reset the stream with code ${rstCode}`
      const isUnseen = rstCode === constants.NGHTTP2_REFUSED_STREAM && head === undefined
      // servers say so of more headers than they take
      const isLimit = rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM && head === undefined
      const origin = isLimit ? 'server' : refused ? 'connection' : 'invalid'
      return { ...problem(codeOfReset(rstCode), details, origin), isUnseen }
    }
    if (head === undefined)
      return problem(status.UNAVAILABLE, error?.message ?? 'the stream was closed', 'connection')
    return invalidResponse('the server ended its response without a status')
  }

  private decompressed(response: Response): void {
    const encoding = String(this.head?.['grpc-encoding'] ?? 'identity')
    const { maxMessageBytes, limitCure } = this.options
    this.isDecompressing = true
    decompress(response.message, encoding, maxMessageBytes, (bytes) => {
      if (bytes === 'tooLarge') {
        const details = `the response has more than ${maxMessageBytes} bytes, which is the limit${limitCure}`
        this.end(beyondLimit(details))
      } else if (bytes === undefined) {
        this.end(invalidResponse(`the response is not in the encoding ${encoding}`))
      } else this.end({ ...response, message: bytes })
    })
  }
}

function onResponse(this: CallStream, headers: IncomingHttpHeaders, _flags: number, raw?: RawHeaders): void {
  this[CALL]?.responded(headers, raw)
}

function onTrailers(this: CallStream, headers: IncomingHttpHeaders, _flags: number, raw?: RawHeaders): void {
  this[CALL]?.ended(headers, raw)
}

function onData(this: CallStream, chunk: Buffer): void {
  this[CALL]?.read(chunk)
}

// the last bytes and the trailers come before
function onEnd(this: CallStream): void {
  this[CALL]?.inputEnd()
}

function onError(this: CallStream, error: Error): void {
  this[CALL]?.failed(error)
}

// other codes are those of a connection on which the server goes away
function onFrameError(this: CallStream, _type: number, code: number): void {
  if (code === constants.NGHTTP2_FRAME_SIZE_ERROR) this[CALL]?.unsendable()
}

function onClose(this: CallStream): void {
  this[CALL]?.finish()
}

export function problem(code: status, details: string, origin: CallError['origin']): CallError {
  return { kind: 'error', code, details, origin }
}

/** The error for a response of a server that is none of its protocol. */
export function invalidResponse(details: string): CallError {
  return problem(status.INTERNAL, details, 'invalid')
}

/** The error for a request or a response that is larger than this side takes. */
export function beyondLimit(details: string): CallError {
  return problem(status.RESOURCE_EXHAUSTED, details, 'limit')
}
