/**
 * Ends connections over TLS whose client is gone. Node does not always see it: it does not read while it sends, and after a
 * write that failed the next one over TLS never ends (nodejs/node#55804). Such a connection would hold its bytes for ever.
 */
import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { AnswerLimit } from '../stalls.ts'

/** A client that takes or sends fewer bytes meanwhile does not move: a ping alone has less. */
const MOVING_BYTES = 1_024

export interface WatchedClient {
  readonly session: ServerHttp2Session
  readonly socket: Socket
  /** The socket below TLS, whose bytes have really been sent. */
  readonly wire: Socket
  /** Time without a byte after which the client is asked whether it is there, and in which it has to answer, ms. */
  readonly quietMs: number
  /** Whether anything is held for it. */
  holds(): boolean
}

/** Ends the connection of a client that is quiet, for which something is held, and that does not answer a ping. */
export function endIfLost({ session, socket, wire, quietMs, holds }: WatchedClient): void {
  const moved = () => wire.bytesRead + wire.bytesWritten
  let before = 0
  let asked: AnswerLimit | undefined

  function look(): void {
    const last = before
    before = moved()
    if (before !== last || asked !== undefined) return
    // it would wait until the client has read what was being sent
    if (session.destroyed) socket.destroy()
    // one that has been closed for being idle should be gone
    else if (holds() || session.closed) ask()
  }

  function ask(): void {
    const from = moved()
    const limit = new AnswerLimit(quietMs, {
      expire() {
        asked = undefined
        // a ping waits behind what a slow client has still to read
        if (moved() - from < MOVING_BYTES) socket.destroy()
      },
    })
    asked = limit
    session.ping(() => {
      limit.cancel()
      if (asked === limit) asked = undefined
    })
  }

  const looking = setInterval(look, quietMs).unref()
  wire.once('close', () => {
    clearInterval(looking)
    asked?.cancel()
  })
}
