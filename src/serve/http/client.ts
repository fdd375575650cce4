/** HTTP/1.1 towards one server: connections are kept, and every request has a time limit. */
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
} from 'node:http'
import { request as sendTls, Agent as TlsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import {
  beyondLimit,
  type CallError,
  invalidResponse,
  NOT_IN_TIME,
  problem,
} from '../grpc/client/client-call.ts'
import { type ChannelTls, CLOSED, connectionProblem, hostAndPort } from '../grpc/client/session.ts'
import { decompress } from '../grpc/compression.ts'
import type { Headers } from '../grpc/headers.ts'
import { status } from '../grpc/status.ts'
import { expectName } from '../grpc/tls.ts'
import { soon } from '../soon.ts'
import { AnswerLimit, runningMs } from '../stalls.ts'
import { BodyBytes, COMPRESSIONS, encodingOf } from './body.ts'

export type HttpClient = ReturnType<typeof openHttpClient>

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Headers | undefined
  readonly body?: Buffer | undefined
  readonly timeoutMs: number
  /** Largest body of the answer; that of all messages unless given. */
  readonly maxAnswerBytes?: number | undefined
}

/** An error has the status of gRPC that a call with this error has. */
export type HttpResult = HttpResponse | CallError

export interface HttpResponse {
  readonly kind: 'response'
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A connection that the server has closed while it was idle is reset by the next request, within a round trip, ms. */
const RESET_MS = 250

interface HttpClientOptions {
  readonly tls?: ChannelTls | undefined
  readonly maxMessageBytes: number
  /** What to do about an answer above that limit. */
  readonly limitCure?: string | undefined
}

export function openHttpClient(address: string, { tls, maxMessageBytes, limitCure = '' }: HttpClientOptions) {
  const { host, port } = hostAndPort(address)
  const agentOf = (keepAlive: boolean) =>
    tls
      ? new TlsAgent({ keepAlive, secureContext: tls.context, ...expectName(tls.serverName ?? host) })
      : new Agent({ keepAlive, noDelay: true })
  const kept = agentOf(true)
  closeAtUnaskedBytes(kept)
  /** For requests that are sent again: if one kept connection was closed, others may be. */
  const unkept = agentOf(false)
  let isClosed = false

  function start(
    asked: HttpRequest,
    isRepeated: boolean,
    done: (result: HttpResult) => void,
  ): { cancel(): void } {
    let again: { cancel(): void } | undefined
    let isOver = false
    const finish = (result: HttpResult) => {
      if (isOver) return
      isOver = true
      limit.cancel()
      done(result)
    }
    const { method, path, body, headers, timeoutMs, maxAnswerBytes = maxMessageBytes } = asked
    const startMs = runningMs()
    const length = { 'content-length': body?.length ?? 0 }
    const options = {
      agent: isRepeated ? unkept : kept,
      host,
      port,
      method,
      path,
      headers: { ...headers, 'accept-encoding': 'identity', ...(method === 'POST' && length) },
    }
    const running: ClientRequest = (tls ? sendTls : send)(options)
    const limit = new AnswerLimit(timeoutMs, {
      expire() {
        finish(NOT_IN_TIME)
        running.destroy()
      },
    })
    /** Bytes that were read on the connection before this request. */
    let bytesBefore = 0
    // between two requests Node has no listener for errors of the connection, and an error without one ends the process
    running.on('socket', (socket) => {
      bytesBefore = socket.bytesRead
      if (!running.reusedSocket) socket.on('error', () => undefined)
    })
    let isAnswered = false
    running.on('response', (response) => {
      isAnswered = true
      const cure = asked.maxAnswerBytes === undefined ? limitCure : ''
      collect(response, { maxBytes: maxAnswerBytes, cure }, (result) => {
        finish(result)
        // what is not sent of the request would keep the connection for ever
        if (result.kind === 'error' || !running.writableFinished) running.destroy()
      })
    })
    running.on('upgrade', (_response, socket) => {
      finish(invalidResponse('the server answered with the HTTP status 101'))
      socket.destroy()
    })
    running.on('error', (error: NodeJS.ErrnoException) => {
      // an answer may come before the request has been sent, and the connection be closed behind it
      if (isOver || isAnswered) return
      const isCutOff = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      const { writableLength = 0, bytesRead = 0 } = running.socket ?? {}
      const isUnsent = isCutOff && (error.syscall === 'write' || writableLength > 0)
      // most likely the server closed the connection while it was idle, and has not read the request
      const wasIdle = running.reusedSocket && bytesRead === bytesBefore
      const isAtOnce = isUnsent || runningMs() - startMs < RESET_MS
      if (isCutOff && wasIdle && isAtOnce && !isRepeated && !isClosed) {
        limit.cancel()
        isOver = true
        const leftMs = Math.max(1, timeoutMs - (runningMs() - startMs))
        again = start({ ...asked, timeoutMs: leftMs }, true, done)
        return
      }
      if (isUnsent) {
        const details = 'the server closed the connection before it had read the request'
        return finish(problem(status.UNAVAILABLE, details, 'unread'))
      }
      if (error.code?.startsWith('HPE_')) return finish(invalidResponse(error.message))
      const cutOff = isClosed ? CLOSED : 'the server closed the connection before it had answered'
      const details = isCutOff ? cutOff : connectionProblem(error)
      finish(problem(status.UNAVAILABLE, details, 'connection'))
    })
    running.end(body)
    return {
      cancel() {
        isOver = true
        limit.cancel()
        running.destroy()
        again?.cancel()
      },
    }
  }

  function close(): void {
    isClosed = true
    kept.destroy()
    unkept.destroy()
  }

  return {
    /**
     * Sends a request. `done` is called once, later, unless it is cancelled. A request on a kept connection is sent
     * again, once, if the connection is closed without a byte of an answer, at once or before the request was sent as a
     * whole. If it is closed later, the server may have read the request.
     */
    request(asked: HttpRequest, done: (result: HttpResult) => void): { cancel(): void } {
      if (!isClosed) return start(asked, false, done)
      // its agent would open a connection that nothing closes
      return soon(() => done(problem(status.UNAVAILABLE, CLOSED, 'connection')))
    },
    close,
  }
}

/**
 * Closes a kept connection on which bytes come between two requests: Node drops them and takes what follows for the
 * next answer.
 */
function closeAtUnaskedBytes(agent: Agent): void {
  const keep = agent.keepSocketAlive.bind(agent)
  const reuse = agent.reuseSocket.bind(agent)
  agent.keepSocketAlive = (socket) => {
    socket.on('data', destroy)
    return keep(socket)
  }
  agent.reuseSocket = (socket, request) => {
    socket.off('data', destroy)
    reuse(socket, request)
  }
}

function destroy(this: Duplex): void {
  this.destroy()
}

/** @param cure the end of the details where the answer is too large */
function collect(
  response: IncomingMessage,
  { maxBytes, cure }: { maxBytes: number; cure: string },
  done: (result: HttpResult) => void,
): void {
  const received = new BodyBytes()
  let bytes = 0
  const tooLarge = () => {
    const details = `the response has more than ${maxBytes} bytes, which is the limit${cure}`
    done(beyondLimit(details))
  }
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) tooLarge()
    else received.push(chunk)
  })
  // of a response that is cut off, or whose chunks are invalid, Node says "aborted"
  response.on('error', () => undefined)
  response.on('close', () => {
    if (!response.complete) done(invalidResponse('the response is cut off or is not HTTP'))
  })
  response.on('end', () => {
    const { statusCode = 0, headers } = response
    if (statusCode < 200 || statusCode > 599) {
      return done(invalidResponse(`the server answered with the HTTP status ${statusCode}`))
    }
    const answer = { kind: 'response', status: statusCode, headers, body: received.whole() } as const
    const encoding = encodingOf(headers)
    // a label that names no encoding, such as utf-8, says nothing of the bytes
    if (!COMPRESSIONS.has(encoding) || answer.body.length === 0) return done(answer)
    // some servers compress although they are told not to
    decompress(answer.body, encoding, maxBytes, (body) => {
      if (body === 'tooLarge') tooLarge()
      else if (body !== undefined) done({ ...answer, body })
      else {
        const cure = 'have the server compress none'
        done(invalidResponse(`the response cannot be read in its content-encoding ${encoding}; ${cure}`))
      }
    })
  })
}
