/** The client's side of gRPC on node:http2: one connection to one server, and unary calls of bytes. */
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { soon } from '../../soon.ts'
import { runningMs } from '../../stalls.ts'
import { frameHead, frameOf, MAX_COPIED_SENT_BYTES } from '../frame.ts'
import { type Headers, listBytes } from '../headers.ts'
import { cancelStream } from '../reset-stream.ts'
import { status } from '../status.ts'
import { coarseMs, formatTimeout } from '../timeout.ts'
import { beyondLimit, type CallError, type CallResult, ClientCall, problem } from './client-call.ts'
import { type ChannelTls, createSessions, type Session } from './session.ts'
import { startRequest } from './start-request.ts'
import { type Watcher, watch } from './watch.ts'

export type Channel = ReturnType<typeof openChannel>

export interface ChannelRequest {
  readonly path: string
  readonly message: Buffer
  readonly headers?: Headers | undefined
  readonly timeoutMs: number
  /** Largest response; that of all messages unless given. */
  readonly maxResponseBytes?: number | undefined
}

interface ChannelOptions {
  /** Plain text unless given. */
  readonly tls?: ChannelTls | undefined
  readonly maxMessageBytes: number
  /** Appended to the details of the error for a message above that limit; begins with "; ". */
  readonly limitCure?: string | undefined
}

/** Servers log it. */
const USER_AGENT = 'kairos-wasm'

/** A server that takes fewer streams at a time is not watched: a watch takes one of them for ever. */
const FEWEST_WATCHED_STREAMS = 100

/** The connection is opened by the first call. */
export function openChannel(address: string, { tls, maxMessageBytes, limitCure = '' }: ChannelOptions) {
  const sessions = createSessions(address, tls)
  let isClosed = false

  function headersOf(
    { path, headers }: Pick<ChannelRequest, 'path' | 'headers'>,
    timeoutMs: number,
  ): OutgoingHttpHeaders {
    const own = {
      ':method': 'POST',
      ':scheme': sessions.scheme,
      ':authority': sessions.authority,
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': USER_AGENT,
      'grpc-accept-encoding': 'identity',
      'grpc-timeout': timeoutMs < Infinity ? formatTimeout(coarseMs(timeoutMs)) : undefined,
    }
    return headers === undefined ? own : { ...headers, ...own }
  }

  function start(session: Session, headers: OutgoingHttpHeaders, message: Buffer): ClientHttp2Stream {
    const stream = startRequest(session.http2, headers)
    if (message.length <= MAX_COPIED_SENT_BYTES) stream.end(frameOf(message))
    else {
      stream.cork()
      stream.write(frameHead(message.length))
      stream.end(message)
      stream.uncork()
    }
    return stream
  }

  return {
    /** Starts a call. `done` is called once, later, unless the call is cancelled. */
    call(request: ChannelRequest, done: (result: CallResult) => void): { cancel(): void } {
      const { message, timeoutMs, maxResponseBytes = maxMessageBytes } = request
      if (isClosed)
        return soon(() => done(problem(status.UNAVAILABLE, 'the channel is closed', 'connection')))
      if (message.length > maxMessageBytes) {
        const details = `the request has ${message.length} bytes, and the limit is ${maxMessageBytes}${limitCure}`
        return soon(() => done(beyondLimit(details)))
      }
      const startMs = runningMs()
      let call: { cancel(): void }
      const send = (limitMs: number, resends: number) => {
        const session = sessions.current()
        // a new one may refuse it once more, because more streams were sent than it takes
        const mostResends = session.isEstablished ? 0 : 1
        const headers = headersOf(request, limitMs)
        const tooLarge = request.headers && largerThanTaken(sessions.takenHeaderBytes, headers)
        if (tooLarge) return soon(() => done(tooLarge))
        const cure = request.maxResponseBytes === undefined ? limitCure : ''
        const limits = { timeoutMs: limitMs, maxMessageBytes: maxResponseBytes, limitCure: cure }
        return new ClientCall(start(session, headers, message), { session, ...limits }, (result) => {
          // a connection that is closing refuses new streams: the next one takes it, in the time that is left
          const isAgain = result.kind === 'error' && result.isUnseen && !isClosed
          if (!isAgain || resends > mostResends) return void done(result)
          call = send(Math.max(1, timeoutMs - (runningMs() - startMs)), resends + 1)
        })
      }
      call = send(timeoutMs, 0)
      return { cancel: () => call.cancel() }
    },
    /**
     * Starts a call that is answered by a stream of messages, without a time limit. It ends with RESOURCE_EXHAUSTED if
     * the server takes few streams at a time.
     */
    watch(request: Pick<ChannelRequest, 'path' | 'message'>, watcher: Watcher): void {
      if (isClosed) return void soon(() => watcher.ended(status.UNAVAILABLE))
      const session = sessions.current()
      const { http2 } = session
      const { maxConcurrentStreams = Infinity } = http2.remoteSettings ?? {}
      if (maxConcurrentStreams < FEWEST_WATCHED_STREAMS)
        return void soon(() => watcher.ended(status.RESOURCE_EXHAUSTED))
      const stream = start(session, headersOf(request, Infinity), request.message)
      // a server that goes away waits for its streams to end
      const leave = () => cancelStream(stream)
      http2.once('goaway', leave)
      stream.once('close', () => http2.off('goaway', leave))
      watch(stream, maxMessageBytes, watcher)
    },
    /** Whether the server takes no more calls on a connection, and still answers those that it has. */
    get isLeaving() {
      return sessions.isLeaving()
    },
    /** Ends all calls, soon. */
    close(): void {
      isClosed = true
      sessions.close()
    },
  }
}

/** The error for more headers than the server takes. Some servers would close the connection with its calls. */
function largerThanTaken(taken: number, headers: OutgoingHttpHeaders): CallError | undefined {
  const bytes = listBytes(headers)
  if (bytes <= taken) return undefined
  const details = `the headers of the request have ${bytes} bytes, and the server takes ${taken}`
  return beyondLimit(details)
}
