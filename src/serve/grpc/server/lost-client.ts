/**
 * Ends connections over TLS whose client is gone. Node does not always see it: it does not read while it sends, and
 * after a write that failed the next one over TLS never ends (nodejs/node#55804). Its bytes would be held for ever.
 */
import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { AnswerLimit } from '../../stalls.ts'

/** A client that moves fewer bytes while a ping waits counts as gone: the ping and its answer are shorter. */
const MOVING_BYTES = 1_024

interface WatchedClient {
  readonly session: ServerHttp2Session
  readonly socket: Socket
  /** The socket of TCP, below TLS, whose counts are of bytes that have really been sent. */
  readonly tcpSocket: Socket
  /** Time without a byte after which the client gets a ping, and in which it has to answer it, ms. */
  readonly quietMs: number
  /** Whether anything is held for it. */
  holds(): boolean
}

/** Ends the connection of a client that is quiet, for which something is held, and that does not answer a ping. */
export function endIfLost({ session, socket, tcpSocket, quietMs, holds }: WatchedClient): void {
  const moved = () => tcpSocket.bytesRead + tcpSocket.bytesWritten
  let before = 0
  let pinging: AnswerLimit | undefined

  function look(): void {
    const last = before
    before = moved()
    if (before !== last || pinging !== undefined) return
    // destroyed alone, a session keeps its socket until the client has read what was being sent
    if (session.destroyed) socket.destroy()
    // a session that was closed for being idle should have ended
    else if (holds() || session.closed) ping()
  }

  function ping(): void {
    const from = moved()
    const limit = new AnswerLimit(quietMs, {
      expire() {
        pinging = undefined
        // a ping waits behind what a slow client has still to read
        if (moved() - from < MOVING_BYTES) socket.destroy()
      },
    })
    pinging = limit
    session.ping(() => {
      limit.cancel()
      if (pinging === limit) pinging = undefined
    })
  }

  const looking = setInterval(look, quietMs).unref()
  tcpSocket.once('close', () => {
    clearInterval(looking)
    pinging?.cancel()
  })
}
