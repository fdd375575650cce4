import type { Socket } from 'node:net'
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'

/**
 * Limits the memory that a server holds for its clients: requests that have begun and not ended, and responses that
 * clients do not read. The limit is for all connections together. Above it, the connections that hold most are
 * closed.
 */
export interface BufferedBytesLimit {
  /** Counts the calls of the server. */
  readonly interceptor: ServerInterceptor
  /** Adds a connection of the server. */
  watch(socket: Socket): void
  end(): void
}

/** A connection and the counters of its bytes. */
interface Connection {
  readonly socket: Socket
  /** Requests that have begun and not ended. */
  incompleteRequests: number
  /** Bytes read from the socket when it last had no incomplete request. */
  readBeforeBytes: number
  /** Bytes of the requests that have ended since. */
  endedBytes: number
  /** Bytes of responses that are written and not sent. */
  unsentBytes: number
}

/** Time between two checks of the limit, ms. */
const CHECK_MS = 250

/** @param limitBytes for all connections together */
export function limitBufferedBytes(limitBytes: number): BufferedBytesLimit {
  const connections = new Map<string, Connection>()
  const checking = setInterval(() => closeLargest(connections.values(), limitBytes), CHECK_MS).unref()
  return {
    interceptor(_method, call) {
      const connection = connections.get(call.getPeer())
      return connection === undefined ? new ServerInterceptingCall(call) : new CountedCall(call, connection)
    },
    watch(socket) {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`
      connections.set(peer, {
        socket,
        incompleteRequests: 0,
        readBeforeBytes: 0,
        endedBytes: 0,
        unsentBytes: 0,
      })
      socket.once('close', () => connections.delete(peer))
    },
    end: () => clearInterval(checking),
  }
}

function bufferedBytes(connection: Connection): number {
  const { socket, incompleteRequests, readBeforeBytes, endedBytes, unsentBytes } = connection
  const incompleteBytes =
    incompleteRequests === 0 ? 0 : Math.max(0, socket.bytesRead - readBeforeBytes - endedBytes)
  return incompleteBytes + unsentBytes
}

function closeLargest(connections: Iterable<Connection>, limitBytes: number): void {
  const held = Array.from(connections, (connection) => ({
    socket: connection.socket,
    bytes: bufferedBytes(connection),
  }))
  let total = held.reduce((sum, { bytes }) => sum + bytes, 0)
  held.sort((a, b) => b.bytes - a.bytes)
  for (const { socket, bytes } of held) {
    if (total <= limitBytes) return
    total -= bytes
    socket.destroy()
  }
}

/** A call whose bytes are counted with its connection. */
class CountedCall extends ServerInterceptingCall {
  private requestEnded = false
  private unsentBytes = 0

  constructor(
    call: ConstructorParameters<typeof ServerInterceptingCall>[0],
    private readonly connection: Connection,
  ) {
    super(call, {
      start: (next) => {
        next({
          onReceiveMessage: (message: unknown, pass) => {
            this.endRequest(sizeOf(message))
            pass(message)
          },
          onCancel: () => {
            this.endRequest(0)
            this.responseSent()
          },
        })
      },
      sendStatus: (status, next) => {
        this.endRequest(0)
        next(status)
      },
    })
    if (connection.incompleteRequests === 0) {
      connection.readBeforeBytes = connection.socket.bytesRead
      connection.endedBytes = 0
    }
    connection.incompleteRequests++
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.unsentBytes = sizeOf(message)
    this.connection.unsentBytes += this.unsentBytes
    super.sendMessage(message, () => {
      this.responseSent()
      callback()
    })
  }

  /** Also called when the call is cancelled: its response is then dropped. */
  private responseSent(): void {
    this.connection.unsentBytes -= this.unsentBytes
    this.unsentBytes = 0
  }

  private endRequest(bytes: number): void {
    if (this.requestEnded) return
    this.requestEnded = true
    this.connection.incompleteRequests--
    this.connection.endedBytes += bytes
  }
}

/** Routed messages are bytes; messages of other methods are small and not counted. */
function sizeOf(message: unknown): number {
  return Buffer.isBuffer(message) ? message.length : 0
}
