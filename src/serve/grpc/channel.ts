/**
 * The client's side of gRPC on node:http2: one connection to one server, and unary calls of bytes. It says where an error
 * comes from, because a router has to tell a server that answers from one that does not.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { status } from '@grpc/grpc-js'
import { decompress } from './compression.ts'
import { frameHead, frameOf, readFrames } from './frame.ts'
import { forwardedHeaders, type Headers } from './headers.ts'
import { isGrpc } from './server.ts'
import { createSessions, type SessionOptions } from './session.ts'
import { codeOf, codeOfHttp, codeOfReset, decodeDetails } from './status.ts'
import { coarseMs, formatTimeout } from './timeout.ts'
import { type Watcher, watch } from './watch.ts'

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
   * Who says so: the `server` (a status of gRPC or HTTP), its response that is `invalid`, the `connection`, the
   * `deadline`, or the `limit` of messages on this side.
   */
  readonly origin: 'server' | 'invalid' | 'connection' | 'deadline' | 'limit'
  readonly headers?: Headers | undefined
  readonly trailers?: Headers | undefined
}

export interface Channel {
  /** Starts a call. `done` is called once, later, unless the call is cancelled. */
  call(request: ChannelRequest, done: (result: CallResult) => void): { cancel(): void }
  /** Starts a call that is answered by a stream of messages, without a time limit. */
  watch(request: Pick<ChannelRequest, 'path' | 'message'>, watcher: Watcher): { cancel(): void }
  /** Ends all calls. */
  close(): void
}

export interface ChannelRequest {
  readonly path: string
  readonly message: Buffer
  readonly headers?: Headers | undefined
  readonly timeoutMs: number
}

export interface ChannelOptions extends SessionOptions {
  readonly maxMessageBytes: number
}

/** Of the router; servers log it. */
const USER_AGENT = 'kairos-wasm'

/** A larger message is not copied behind its length. */
const MOST_COPIED_BYTES = 16_384

export function openChannel(address: string, options: ChannelOptions): Channel {
  const sessions = createSessions(address, options)
  const { maxMessageBytes } = options
  let isClosed = false

  function start(
    session: ClientHttp2Session,
    { path, message, headers, timeoutMs }: ChannelRequest,
  ): ClientHttp2Stream {
    const stream = session.request({
      ...headers,
      ':method': 'POST',
      ':scheme': sessions.scheme,
      ':authority': sessions.authority,
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': USER_AGENT,
      'grpc-accept-encoding': 'identity',
      ...(timeoutMs < Infinity && { 'grpc-timeout': formatTimeout(timeoutMs) }),
    })
    if (message.length <= MOST_COPIED_BYTES) stream.end(frameOf(message))
    else {
      stream.cork()
      stream.write(frameHead(message.length))
      stream.end(message)
      stream.uncork()
    }
    return stream
  }

  return {
    call(request, done) {
      const { message, timeoutMs } = request
      if (isClosed)
        return soon(() => done(problem(status.UNAVAILABLE, 'the channel is closed', 'connection')))
      if (message.length > maxMessageBytes) {
        const details = `the request has ${message.length} bytes, and the limit is ${maxMessageBytes}`
        return soon(() => done(problem(status.RESOURCE_EXHAUSTED, details, 'limit')))
      }
      const session = sessions.current()
      const stream = start(session, request)
      const lost = (error: Error | undefined) => sessions.whyLost(session, error)
      const call = receive(stream, timeoutMs, maxMessageBytes, lost, (result) => {
        if (result.kind === 'error' && result.origin === 'deadline') sessions.doubt(session)
        done(result)
      })
      return call
    },
    watch(request, watcher) {
      if (isClosed) return soon(() => watcher.ended(status.UNAVAILABLE))
      const stream = start(sessions.current(), { ...request, timeoutMs: Infinity })
      return watch(stream, maxMessageBytes, watcher)
    },
    close() {
      isClosed = true
      sessions.close()
    },
  }
}

/** Collects the response of a call. @param whyLost the reason if the connection is lost */
function receive(
  stream: ClientHttp2Stream,
  timeoutMs: number,
  maxMessageBytes: number,
  whyLost: (error: Error | undefined) => string | undefined,
  done: (result: CallResult) => void,
): { cancel(): void } {
  let head: IncomingHttpHeaders | undefined
  let last: IncomingHttpHeaders | undefined
  let message: Buffer | undefined
  let isCompressed = false
  let found: CallError | undefined
  let error: Error | undefined
  let hasEnded = false
  let timer: NodeJS.Timeout | undefined

  const frames = readFrames({
    begin(bytes) {
      if (bytes <= maxMessageBytes) return true
      const details = `the response has ${bytes} bytes, and the limit is ${maxMessageBytes}`
      stop(problem(status.RESOURCE_EXHAUSTED, details, 'limit'))
      return false
    },
    message(bytes, compressed) {
      if (message !== undefined) {
        stop(problem(status.INTERNAL, 'the server sent two responses', 'invalid'))
        return
      }
      message = bytes
      isCompressed = compressed
    },
    invalid: () => stop(problem(status.INTERNAL, 'the response is not a message of gRPC', 'invalid')),
  })

  /** Ends the call from this side. */
  function stop(reason: CallError): void {
    found ??= reason
    stream.close(constants.NGHTTP2_CANCEL)
  }

  function finish(): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    const result = found ?? resultOf()
    if (result.kind === 'response' && isCompressed) decompressed(result)
    else done(result)
  }

  function resultOf(): CallResult {
    const code = codeOf((last ?? head)?.['grpc-status'])
    if (head === undefined || code === undefined) return withoutStatus()
    const headers = last === undefined ? undefined : forwardedHeaders(head)
    const trailers = forwardedHeaders(last ?? head)
    if (code !== status.OK) {
      const details = decodeDetails(String((last ?? head)['grpc-message'] ?? ''))
      return { kind: 'error', code, details, origin: 'server', headers, trailers }
    }
    if (message !== undefined && !frames.isCut) return { kind: 'response', message, headers, trailers }
    return problem(status.INTERNAL, 'the server sent OK without a whole response', 'invalid')
  }

  /** The reason why there is no status of gRPC. */
  function withoutStatus(): CallError {
    const lost = whyLost(error)
    if (lost !== undefined)
      return problem(status.UNAVAILABLE, lost, head === undefined ? 'connection' : 'invalid')
    const { rstCode } = stream
    if (rstCode !== constants.NGHTTP2_NO_ERROR) {
      const refused = rstCode === constants.NGHTTP2_REFUSED_STREAM || rstCode === constants.NGHTTP2_CANCEL
      const details = `the server reset the stream with code ${rstCode}`
      return problem(codeOfReset(rstCode), details, refused ? 'connection' : 'invalid')
    }
    if (head === undefined)
      return problem(status.UNAVAILABLE, error?.message ?? 'the stream was closed', 'connection')
    return problem(status.INTERNAL, 'the server ended its response without a status', 'invalid')
  }

  function decompressed(response: Response): void {
    const encoding = String(head?.['grpc-encoding'] ?? 'identity')
    decompress(response.message, encoding, maxMessageBytes, (bytes) => {
      if (bytes === 'tooLarge') {
        const details = `the response has more than ${maxMessageBytes} bytes, which is the limit`
        done(problem(status.RESOURCE_EXHAUSTED, details, 'limit'))
      } else if (bytes === undefined) {
        done(problem(status.INTERNAL, `the response is not in the encoding ${encoding}`, 'invalid'))
      } else done({ ...response, message: bytes })
    })
  }

  stream.on('response', (headers) => {
    head = headers
    const http = Number(headers[':status'])
    const type = headers['content-type']
    if (http !== 200 && headers['grpc-status'] === undefined) {
      stop(problem(codeOfHttp(http), `the server answered with the HTTP status ${http}`, 'server'))
    } else if (!isGrpc(type)) {
      stop(problem(status.UNKNOWN, `the server answered with ${type ?? 'no content-type'}`, 'invalid'))
    }
  })
  stream.on('trailers', (headers) => {
    last = headers
  })
  stream.on('data', (chunk: Buffer) => frames.push(chunk))
  // the last bytes and the trailers come before
  stream.on('end', () => {
    if (last !== undefined || head?.['grpc-status'] !== undefined) finish()
  })
  stream.on('error', (reason: Error) => {
    error = reason
  })
  stream.on('close', finish)
  if (timeoutMs < Infinity) {
    timer = setTimeout(
      () => stop(problem(status.DEADLINE_EXCEEDED, 'the server did not answer in time', 'deadline')),
      coarseMs(timeoutMs),
    )
  }
  return {
    cancel() {
      hasEnded = true
      clearTimeout(timer)
      stream.close(constants.NGHTTP2_CANCEL)
    },
  }
}

function problem(code: status, details: string, origin: CallError['origin']): CallError {
  return { kind: 'error', code, details, origin }
}

function soon(work: () => void): { cancel(): void } {
  const timer = setImmediate(work)
  return { cancel: () => clearImmediate(timer) }
}
