/** A request over HTTP/1.1 or HTTP/2 and its response, in one form. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { type BufferedBytesLimit, type ConnectionBytes, remoteOf } from '../grpc/buffered-bytes.ts'
import type { Headers } from '../grpc/headers.ts'
import { CallBytes } from '../grpc/server/call-bytes.ts'
import { BodyBytes, encodingOf } from './body.ts'

export interface Exchange {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The largest body, decompressed. */
  readonly maxBodyBytes: number
  /** Reads the whole body. @param done called once, and not after the client has gone away */
  readBody(done: (body: Buffer | BodyProblem) => void): void
  /** Answers. Later calls do nothing. */
  respond(status: number, headers: Headers, body: Uint8Array | string): void
  /** Called if the client goes away before the answer. */
  onCancel(cancel: () => void): void
}

/** The encodings of bodies that are taken, beside none. */
export const TAKEN_ENCODINGS = 'gzip, deflate'

export type BodyProblem = 'tooLarge' | 'noMemory' | 'unknownEncoding' | 'invalid'

export interface ExchangeLimits {
  readonly maxMessageBytes: number
  readonly bufferedBytes: BufferedBytesLimit
  /** Whether connections of HTTP/1.1 are closed with the answer to their latest request; they are not unless given. */
  readonly isDraining?: (() => boolean) | undefined
}

/** What differs between HTTP/1.1 and HTTP/2. */
interface Connected {
  readonly input: Readable
  readonly output: NodeJS.EventEmitter
  readonly counted: ConnectionBytes
  respond: Exchange['respond']
  /** Tells a client that waits for it to send its body (RFC 9110, 10.1.1). */
  sendContinue(): void
  /** Whether nobody waits for the answer. A body that ends then may be cut off. */
  isGone(): boolean
  /** Calls back once the exchange is over, answered or not. */
  onClose(closed: () => void): void
}

/** @param request of the events `request` and `checkContinue` of a server, which must listen to both */
export function httpExchange(
  request: IncomingMessage,
  response: ServerResponse,
  limits: ExchangeLimits,
): Exchange {
  const respond: Exchange['respond'] = (status, headers, body) => {
    const isUnread = !request.complete && hasBody(request.headers)
    // a client that pipelines requests gets the answers to all that have come
    const isLast = limits.isDraining?.() && connection.latest === request
    // the rest of a request that is not read would be taken for the next one
    if (isUnread || isLast) response.setHeader('connection', 'close')
    response.writeHead(status, { ...headers, ...lengthOf(status, body) })
    if (!isUnread) return void response.end(body)
    response.write(body)
    // for HEAD, write() sends nothing
    response.flushHeaders()
    skipRest(request, () => response.end())
  }
  const connection = connectionOf(request.socket, limits)
  connection.latest = request
  const { counted, open } = connection
  const onClose = (closed: () => void) => {
    const end = () => {
      if (open.delete(end)) closed()
    }
    open.add(end)
    response.on('close', end)
  }
  const sendContinue = () => {
    // a client of HTTP/1.0 does not know it
    if (request.httpVersion === '1.1') response.writeContinue()
  }
  const given = { method: request.method ?? '', url: request.url ?? '', headers: request.headers }
  // a request that is cut off has no end
  const isGone = () => false
  const connected = { input: request, output: response, counted, respond, sendContinue, isGone, onClose }
  return exchangeOf(given, connected, limits)
}

/** The rest of a request is skipped for this long at most, and for this long without a byte, ms. */
const SKIP_MS = 30_000
const SKIP_QUIET_MS = 2_000

/**
 * Reads on after the answer: the system resets a connection that is closed before all that has come is read, and a
 * client that sends its whole request before it reads would not get the answer.
 */
function skipRest(request: IncomingMessage, done: () => void): void {
  const end = () => {
    clearTimeout(longest)
    clearTimeout(quiet)
    done()
  }
  const longest = setTimeout(end, SKIP_MS).unref()
  const quiet = setTimeout(end, SKIP_QUIET_MS).unref()
  request.on('data', () => quiet.refresh())
  request.once('end', end)
  request.once('close', end)
  request.resume()
}

/** A connection of HTTP/1.1. */
interface Connection {
  /** What all its requests hold together. */
  readonly counted: ConnectionBytes
  /** Ends of exchanges that are not over. A response behind another one is not told of a lost connection. */
  readonly open: Set<() => void>
  /** The last of its requests that has come. */
  latest?: IncomingMessage
}

const connections = new WeakMap<Socket, Connection>()

function connectionOf(socket: Socket, { bufferedBytes }: ExchangeLimits): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const counted = bufferedBytes.open({
    remote: remoteOf(socket),
    moved: () => socket.bytesRead + socket.bytesWritten,
    close: () => socket.destroy(),
  })
  const connection: Connection = { counted, open: new Set() }
  connections.set(socket, connection)
  socket.once('close', () => {
    for (const end of connection.open) end()
    counted.close()
  })
  return connection
}

/** Statuses whose answers have no body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** The length of a body. With 204 it is not allowed, and with 304 it is that of the body which is not sent. */
function lengthOf(status: number, body: Uint8Array | string): Headers {
  return status === 204 || status === 304 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** @param counted what its connection holds */
export function http2Exchange(
  stream: ServerHttp2Stream,
  headers: Http2Headers,
  counted: ConnectionBytes,
  limits: ExchangeLimits,
): Exchange {
  // the client has reset the stream, or its connection is lost
  const isGone = () => stream.closed || stream.destroyed
  const respond: Exchange['respond'] = (status, more, body) => {
    if (isGone()) return
    stream.respond({ ...more, ':status': status, ...lengthOf(status, body) })
    // node:http2 ends it where there is no body
    if (!stream.writableEnded) stream.end(body)
  }
  const sendContinue = () => {
    if (!isGone()) stream.additionalHeaders({ ':status': 100 })
  }
  // CONNECT has no path
  const { ':method': method, ':path': path = headers[':authority'] } = headers
  const given = { method: String(method), url: String(path), headers }
  const onClose = (closed: () => void) => void stream.on('close', closed)
  const connected = { input: stream, output: stream, counted, respond, sendContinue, isGone, onClose }
  return exchangeOf(given, connected, limits)
}

function exchangeOf(
  given: Pick<Exchange, 'method' | 'url' | 'headers'>,
  { input, output, counted, respond, sendContinue, isGone, onClose }: Connected,
  { maxMessageBytes }: ExchangeLimits,
): Exchange {
  let hasResponded = false
  let cancel: (() => void) | undefined
  const memory = new CallBytes(counted)
  /** Bytes of the body that are counted. */
  let held = 0
  let isClosed = false
  input.on('error', () => undefined)
  output.on('error', () => undefined)
  onClose(() => {
    isClosed = true
    memory.close()
    if (!hasResponded) cancel?.()
    hasResponded = true
  })

  /** Counts more bytes of the body. */
  function take(bytes: number): BodyProblem | undefined {
    if (held + bytes > maxMessageBytes) {
      memory.tooLarge()
      return 'tooLarge'
    }
    if (!memory.begin(bytes)) return 'noMemory'
    held += bytes
    return undefined
  }

  return {
    ...given,
    maxBodyBytes: maxMessageBytes,
    readBody(done) {
      const { 'content-length': length } = given.headers
      const encoding = encodingOf(given.headers)
      let received = new BodyBytes()
      let bytes = 0
      let isOver = false
      const finish = (result: Buffer | BodyProblem) => {
        if (isOver || isClosed) return
        isOver = true
        received = new BodyBytes()
        done(result)
      }
      const body = decoded(input, encoding)
      if (body === undefined) return finish('unknownEncoding')
      // the length is claimed before the first byte, so that large requests do not fill the memory together
      const problem = encoding === 'identity' && length !== undefined ? take(Number(length)) : undefined
      if (problem) return finish(problem)
      if (given.headers.expect?.toLowerCase() === '100-continue') sendContinue()
      body.on('error', () => finish('invalid'))
      body.on('data', (chunk: Buffer) => {
        if (isOver || isClosed) return
        bytes += chunk.length
        const over = bytes > held ? take(bytes - held) : undefined
        if (!over) return received.push(chunk)
        finish(over)
        if (body === input) return
        // a little that is compressed may be very much: the rest is not inflated
        input.unpipe()
        body.destroy()
        input.resume()
      })
      body.on('end', () => {
        // a stream that is reset ends like one whose last byte has come
        if (isOver || isClosed || isGone()) return
        memory.arrived()
        finish(received.whole())
      })
    },
    respond(status, headers, body) {
      if (hasResponded) return
      hasResponded = true
      // nothing is kept of the request, however long the client takes to send the rest or to read the answer
      memory.close()
      cancel = undefined
      const sent = WITHOUT_BODY.has(status) ? '' : body
      memory.respond(Buffer.byteLength(sent))
      respond(status, headers, sent)
    },
    onCancel(work) {
      if (!hasResponded) cancel = work
    },
  }
}

/** Undefined for an encoding that is not known. */
function decoded(input: Readable, encoding: string): Readable | undefined {
  if (encoding === 'identity') return input
  const decoder = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : undefined
  return decoder && input.pipe(decoder)
}
