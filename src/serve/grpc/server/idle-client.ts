import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'

/** Idle time is measured to this part of itself. */
const LOOKS = 10

/**
 * Closes a session after a time without a byte, once its calls have ended. `session.setTimeout` would keep each session
 * that has ended in memory, with its socket, until its time has passed: Node clears no timer of a destroyed one.
 *
 * @param socket that of TCP, below TLS
 */
export function closeIfIdle(session: ServerHttp2Session, socket: Socket, idleMs: number): void {
  let before = 0
  let quietLooks = 0

  function look(): void {
    const moved = socket.bytesRead + socket.bytesWritten
    quietLooks = moved === before ? quietLooks + 1 : 0
    before = moved
    if (quietLooks >= LOOKS) session.close()
  }

  const looking = setInterval(look, idleMs / LOOKS).unref()
  session.once('close', () => clearInterval(looking))
}
