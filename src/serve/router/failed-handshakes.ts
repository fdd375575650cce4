/** Counts failed handshakes of clients, and logs them: the first of a reason at once, further ones by their number. */
import type { Clock } from '../clock.ts'
import { HANDSHAKE_FAILURES, type HandshakeFailure, type HandshakeReason } from '../grpc/handshake-failure.ts'
import type { RouterLog } from './events.ts'

/** Time between two lines about the same reason, ms. */
const BETWEEN_LINES_MS = 60_000

interface Recent {
  clients: number
  details: string | undefined
  readonly timer: { cancel(): void }
}

export function createFailedHandshakes(
  clock: Clock,
  count: (reason: HandshakeReason) => void,
  log: Pick<RouterLog, 'warn'> | undefined,
) {
  /** By reasons that had a line lately: the failures since then. */
  const recent = new Map<HandshakeReason, Recent>()
  let isStopped = false

  function say(reason: HandshakeReason, clients: number, details: string | undefined): void {
    log?.warn({ reason, clients, details }, HANDSHAKE_FAILURES[reason])
    const timer = clock.after(BETWEEN_LINES_MS, () => {
      recent.delete(reason)
      if (next.clients > 0) say(reason, next.clients, next.details)
    })
    const next: Recent = { clients: 0, details, timer }
    recent.set(reason, next)
  }

  return {
    add({ reason, details }: HandshakeFailure) {
      if (isStopped) return
      count(reason)
      const next = recent.get(reason)
      if (next === undefined) return say(reason, 1, details)
      next.clients++
      next.details = details
    },
    /** Takes no more: the connections that the router ends itself are no failures of clients. */
    stop(): void {
      isStopped = true
      for (const { timer } of recent.values()) timer.cancel()
    },
  }
}
