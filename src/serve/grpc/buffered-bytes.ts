import type { Socket } from 'node:net'
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'

/**
 * What clients keep in the memory of a server: requests that they have begun and not ended, answers that they do
 * not read. It has a limit for all of them together; beyond it the connection that holds most is dropped.
 */
export interface Burden {
  /** For the server whose calls count. */
  readonly interceptor: ServerInterceptor
  /** A connection of it. */
  watch(socket: Socket): void
  end(): void
}

/** One connection, and what is known of its bytes. */
interface Peer {
  readonly socket: Socket
  /** Requests that have begun and not ended. */
  incomplete: number
  /** Bytes that had come when there was none of them, and those of requests that have ended since. */
  clearBytes: number
  endedBytes: number
  /** Of answers that are written and not sent. */
  unreadBytes: number
}

const SWEEP_MS = 250

/** @param mostBytes of all connections together */
export function createBurden(mostBytes: number): Burden {
  const peers = new Map<string, Peer>()
  const sweep = setInterval(() => dropHeaviest(peers.values(), mostBytes), SWEEP_MS).unref()
  return {
    interceptor(_method, call) {
      const peer = peers.get(call.getPeer())
      return peer === undefined ? new ServerInterceptingCall(call) : new CountedCall(call, peer)
    },
    watch(socket) {
      const name = `${socket.remoteAddress}:${socket.remotePort}`
      peers.set(name, { socket, incomplete: 0, clearBytes: 0, endedBytes: 0, unreadBytes: 0 })
      socket.once('close', () => peers.delete(name))
    },
    end: () => clearInterval(sweep),
  }
}

function heldBy({ socket, incomplete, clearBytes, endedBytes, unreadBytes }: Peer): number {
  const begun = incomplete === 0 ? 0 : Math.max(0, socket.bytesRead - clearBytes - endedBytes)
  return begun + unreadBytes
}

function dropHeaviest(peers: Iterable<Peer>, mostBytes: number): void {
  const heavy = Array.from(peers, (peer) => ({ socket: peer.socket, bytes: heldBy(peer) }))
  let all = heavy.reduce((sum, { bytes }) => sum + bytes, 0)
  heavy.sort((a, b) => b.bytes - a.bytes)
  for (const { socket, bytes } of heavy) {
    if (all <= mostBytes) return
    all -= bytes
    socket.destroy()
  }
}

/** A call that counts with its connection. */
class CountedCall extends ServerInterceptingCall {
  private ended = false
  private unreadBytes = 0

  constructor(
    call: ConstructorParameters<typeof ServerInterceptingCall>[0],
    private readonly peer: Peer,
  ) {
    super(call, {
      start: (next) => {
        next({
          onReceiveMessage: (message: unknown, pass) => {
            this.end(sizeOf(message))
            pass(message)
          },
          onCancel: () => {
            this.end(0)
            this.read()
          },
        })
      },
      sendStatus: (status, next) => {
        this.end(0)
        next(status)
      },
    })
    if (peer.incomplete === 0) {
      peer.clearBytes = peer.socket.bytesRead
      peer.endedBytes = 0
    }
    peer.incomplete++
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.unreadBytes = sizeOf(message)
    this.peer.unreadBytes += this.unreadBytes
    super.sendMessage(message, () => {
      this.read()
      callback()
    })
  }

  /** Its answer is on its way, or nobody wants it. */
  private read(): void {
    this.peer.unreadBytes -= this.unreadBytes
    this.unreadBytes = 0
  }

  private end(bytes: number): void {
    if (this.ended) return
    this.ended = true
    this.peer.incomplete--
    this.peer.endedBytes += bytes
  }
}

/** Messages that are passed on are bytes; all others are small. */
function sizeOf(message: unknown): number {
  return Buffer.isBuffer(message) ? message.length : 0
}
