/** Counts failed handshakes of clients, and logs them. */
import type { Clock } from '../clock.ts'
import { HANDSHAKE_FAILURES, type HandshakeFailure, type HandshakeReason } from '../grpc/handshake-failure.ts'
import type { RouterLog } from './events.ts'
import { createSpacedLines } from './spaced-lines.ts'

/** Time between two lines about the same reason, ms. */
const BETWEEN_LINES_MS = 60_000

export function createFailedHandshakes(
  clock: Clock,
  count: (reason: HandshakeReason) => void,
  log: Pick<RouterLog, 'warn'> | undefined,
) {
  const lines = createSpacedLines<HandshakeFailure>(
    clock,
    BETWEEN_LINES_MS,
    ({ reason, details }, clients) => {
      log?.warn({ reason, clients, details }, HANDSHAKE_FAILURES[reason])
    },
  )
  let isStopped = false
  return {
    add(failure: HandshakeFailure): void {
      if (isStopped) return
      count(failure.reason)
      lines.add(failure.reason, failure)
    },
    /** Takes no more: the connections that the router ends itself are no failures of clients. */
    stop(): void {
      isStopped = true
      lines.stop()
    },
  }
}
