/**
 * A gRPC server on node:http2. Messages are bytes: methods decode them, or pass them on. A session is given by its
 * socket, so that the caller decides which connections it takes.
 */
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { type BufferedBytesLimit, type ConnectionBytes, remoteOf } from '../buffered-bytes.ts'
import { SESSION_WINDOW, STREAM_WINDOW } from '../frame.ts'
import { isGrpc, type RawHeaders, receivedBytes } from '../headers.ts'
import { status } from '../status.ts'
import { closeIfIdle } from './idle-client.ts'
import { closeAfterLastCalls } from './last-calls.ts'
import { endIfLost } from './lost-client.ts'
import { type MessageLimit, OpenCall } from './open-call.ts'
import type { CallHandler, ServerCall } from './server-call.ts'

/** Answers a call. */
export type Method = (call: ServerCall) => CallHandler

interface GrpcServerOptions extends MessageLimit {
  /** Methods by path. */
  readonly methods: ReadonlyMap<string, Method>
  /** Concurrent calls of one connection. */
  readonly maxStreams: number
  /** An idle connection is closed after this time, ms. */
  readonly idleMs: number
  /**
   * A client over TLS that has moved no byte for this time, while something is held for it, has as long to answer a
   * ping, ms; 10 s unless given.
   */
  readonly quietMs?: number | undefined
  readonly bufferedBytes: BufferedBytesLimit
  /** Called for requests that are not gRPC; they are answered with 415 unless given. */
  readonly onOther?:
    | ((stream: ServerHttp2Stream, headers: IncomingHttpHeaders, counted: ConnectionBytes) => void)
    | undefined
}

export type GrpcServer = ReturnType<typeof createGrpcServer>

/** The most bytes of the headers of a call, as HTTP/2 counts them. Over HTTP/1.1 Node takes as many. */
const MAX_HEADER_BYTES = 16_384

/** The most headers of a call. They are held until it ends: small ones take three times their bytes of memory. */
const MAX_HEADERS = 64

export function createGrpcServer(options: GrpcServerOptions) {
  const { maxStreams, idleMs, quietMs = 10_000, bufferedBytes } = options
  const sessions = new Map<ServerHttp2Session, ConnectionBytes>()
  let isShutDown = false
  const server = createServer({
    // Node would reset new streams without a reason; `bufferedBytes` bounds memory and gives one
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    maxHeaderListPairs: MAX_HEADERS,
    settings: {
      enablePush: false,
      maxConcurrentStreams: maxStreams,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: MAX_HEADER_BYTES,
    },
  })
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: RawHeaders) => {
      const counted = sessions.get(stream.session as ServerHttp2Session)
      const fits = receivedBytes(raw) <= MAX_HEADER_BYTES
      if (counted !== undefined && fits) return answerStream(stream, headers, raw, options, counted)
      // an error ends the process if the stream has no listener
      stream.on('error', () => undefined)
      // the session has ended meanwhile
      if (counted === undefined) stream.destroy()
      // node:http2 does this itself once the client has acknowledged the limit
      else stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    },
  )
  server.on('sessionError', () => undefined)

  function open(session: ServerHttp2Session, socket: Socket, tcpSocket: Socket | undefined): void {
    const counted = bufferedBytes.open({
      remote: remoteOf(socket),
      moved: () => (session.destroyed ? 0 : socket.bytesRead + socket.bytesWritten),
      close() {
        // gRPC takes this code for RESOURCE_EXHAUSTED; Node only uses it beside an error
        session.destroy(new Error('too many bytes are held'), constants.NGHTTP2_ENHANCE_YOUR_CALM)
        // destroyed alone, a session keeps its socket, and what it sends, until the client has read that
        socket.destroy()
      },
    })
    sessions.set(session, counted)
    session.setLocalWindowSize(SESSION_WINDOW)
    closeIfIdle(session, tcpSocket ?? socket, idleMs)
    // its calls end with it
    session.on('error', () => undefined)
    session.once('close', () => {
      counted.close()
      sessions.delete(session)
    })
    if (tcpSocket !== undefined) endIfLost({ session, socket, tcpSocket, quietMs, holds: counted.holds })
    // the client takes its calls elsewhere
    if (isShutDown) session.close()
  }

  return {
    /** Takes a connection that speaks HTTP/2. @param tcpSocket that of TCP, where `socket` is one of TLS */
    connect(socket: Socket, tcpSocket?: Socket): void {
      const opened = (session: ServerHttp2Session) => open(session, socket, tcpSocket)
      // at once, or never: Node refuses a client over TLS that has not agreed on HTTP/2
      server.once('session', opened)
      server.emit('connection', socket)
      server.off('session', opened)
    },
    /**
     * Takes no more calls; connections close when their calls have ended, and new ones at once.
     *
     * @param answerMs on a connection without open calls, those that the client sends before it knows are served, for
     *   so long at most
     * @returns when no more calls come
     */
    async shutdown(answerMs = 0): Promise<void> {
      isShutDown = true
      const closing = Array.from(sessions, ([session, { holds }]) =>
        // a client that waits for an answer reads the GOAWAY before it
        answerMs === 0 || holds() ? session.close() : closeAfterLastCalls(session, answerMs),
      )
      await Promise.all(closing)
    },
  }
}

function answerStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: RawHeaders,
  options: GrpcServerOptions,
  counted: ConnectionBytes,
): void {
  if (!isGrpc(headers['content-type'])) {
    if (options.onOther) options.onOther(stream, headers, counted)
    else {
      stream.on('error', () => undefined)
      if (!stream.closed && !stream.destroyed) stream.respond({ ':status': 415 }, { endStream: true })
    }
    return
  }
  const call = new OpenCall(stream, headers, raw, options, counted)
  const method = options.methods.get(call.path)
  if (headers[':method'] !== 'POST') call.end({ code: status.INTERNAL, details: 'gRPC uses POST' })
  else if (Number.isNaN(call.timeoutMs)) {
    call.end({ code: status.INTERNAL, details: `the grpc-timeout "${headers['grpc-timeout']}" is invalid` })
  } else if (method === undefined) {
    call.end({ code: status.UNIMPLEMENTED, details: `the method ${call.path} is not known here` })
  } else call.handle(method(call))
}
