/**
 * How many items of joined requests a server takes. Some models have no batch dimension, or a smaller limit. This shows when
 * the server refuses a joined request and then answers each of its requests alone: none of them was the reason. A refusal
 * limits nothing if the server has answered a joined request of at least as many items since the last such refusal: it fails
 * now and then, whatever the size. A server that says that it is busy is always limited.
 */
import { status } from '@grpc/grpc-js'
import type { Clock } from '../../clock.ts'

export interface JoinLimit {
  /** The most items of a joined request; Infinity until the server has refused some, 0 if it takes none. */
  most(): number
  /** The server has answered a joined request of so many items. */
  answered(items: number): void
  /** The server has refused a joined request of so many items, although it answered each of its requests. */
  refused(items: number, code: status): void
}

/** After this time a refusal is forgotten, because the server may have been configured otherwise, ms. */
const FORGOTTEN_MS = 600_000

/** A server that was busy may take as much soon again, ms. */
const BUSY_MS = 10_000

const BUSY: readonly status[] = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]

/** @param noticed called when the limit is lower than ever before */
export function createJoinLimit(clock: Clock, noticed: (most: number) => void): JoinLimit {
  let most = Infinity
  let untilMs = 0
  let least = Infinity
  let mostAnswered = 0
  const limit = () => {
    if (clock.now() >= untilMs) most = Infinity
    return most
  }
  return {
    most: limit,
    answered(items) {
      mostAnswered = Math.max(mostAnswered, items)
    },
    refused(items, code) {
      const isBusy = BUSY.includes(code)
      if (!isBusy && items <= mostAnswered) {
        // the next refusal counts, unless as many are answered before
        mostAnswered = 0
        return
      }
      most = Math.min(limit(), mostAnswered, isBusy ? Math.floor(items / 2) : Infinity)
      untilMs = clock.now() + (isBusy ? BUSY_MS : FORGOTTEN_MS)
      if (isBusy || most >= least) return
      least = most
      noticed(most)
    },
  }
}
