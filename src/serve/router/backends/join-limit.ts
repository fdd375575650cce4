/**
 * How many items of joined requests a server takes. Some models have no batch dimension, or a smaller limit. This shows
 * when the server refuses a joined request and then answers each of its requests alone: none of them was the reason. A
 * refusal limits nothing if the server has answered a joined request of at least as many items since the last such
 * refusal: it fails now and then, whatever the size. A failure of the server, which does not blame the request, limits
 * only after four others with no answer of as many items between them. A server that says that it is busy is always
 * limited. Requests of different inputs or parameters have limits of their own: some may be answered joined and others
 * refused.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { status } from '../../grpc/status.ts'

export type JoinLimit = ReturnType<typeof createJoinLimit>

/** After this time a refusal is forgotten, because the server may have been configured otherwise, ms. */
const FORGOTTEN_MS = 600_000

/** A server that was busy may take as much soon again, ms. */
const BUSY_MS = 10_000

const BUSY: readonly (status | undefined)[] = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]

/** Statuses of a server that fails, perhaps whatever the size. */
const FAILING: readonly (status | undefined)[] = [
  status.UNKNOWN,
  status.INTERNAL,
  status.ABORTED,
  status.DATA_LOSS,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
]

/**
 * So many failures, with no answer of as many items between them, are due to the size. Of a server that fails at one of
 * twenty requests, two in 50 runs of 20,000 requests were limited; with four failures 17 were.
 */
const MOST_FAILURES = 5

/** So many of the last answers are kept: the most that was ever answered may be more than what fails now. */
const MOST_RECENT = 8

/** The most kinds of requests of which a server's limits are kept. */
const MOST_KINDS = 32

/** A longer name, which contains parameters of a client, is replaced by its digest. */
const LONGEST_NAME = 1_000

/** From this many known kinds on, if none of them can be joined, requests of new kinds are not joined either. */
const REFUSED_KINDS = 4

const TAKES_NONE: JoinLimit = { most: () => 0, answered: () => undefined, refused: () => undefined }

/** The limit of each kind of requests. If there are too many kinds, the one used longest ago is forgotten. */
export type JoinLimits = (kind: string) => JoinLimit

/** What is told of a limit; `code` as in `refused`. */
type Noticed = (most: number, code: status | undefined) => void

/** @param noticed called when a limit is lower than any before */
export function createJoinLimits(clock: Clock, noticed: Noticed): JoinLimits {
  const byKind = new Map<string, JoinLimit>()
  let least = Infinity
  const lowered: Noticed = (most, code) => {
    if (most >= least) return
    least = most
    noticed(most, code)
  }
  const takesNone = () => {
    if (byKind.size < REFUSED_KINDS) return false
    for (const limit of byKind.values()) if (limit.most() > 0) return false
    return true
  }
  return (kind) => {
    const name = kind.length <= LONGEST_NAME ? kind : createHash('sha256').update(kind).digest('hex')
    const known = byKind.get(name)
    if (known === undefined && takesNone()) return TAKES_NONE
    const limit = known ?? createJoinLimit(clock, lowered)
    // the kinds are in the order in which they were last asked for
    byKind.delete(name)
    byKind.set(name, limit)
    if (byKind.size > MOST_KINDS) byKind.delete(byKind.keys().next().value as string)
    return limit
  }
}

/** @param noticed called with each new limit, unless the server is busy */
export function createJoinLimit(clock: Clock, noticed: Noticed) {
  let most = Infinity
  let untilMs = 0
  /** While the server is busy. */
  let mostBusy = Infinity
  let busyUntilMs = 0
  let mostAnswered = 0
  /** The items of the last answers. */
  const recent: number[] = []
  /** The last failures, with the most items answered since each: fewer than have failed in any of them. */
  let failed: { readonly items: number; answered: number }[] = []
  const limit = () => {
    const nowMs = clock.now()
    if (nowMs >= untilMs) most = Infinity
    if (nowMs >= busyUntilMs) mostBusy = Infinity
    return Math.min(most, mostBusy)
  }
  const lower: Noticed = (items, code) => {
    most = Math.min(most, items)
    untilMs = clock.now() + FORGOTTEN_MS
    failed = []
    noticed(most, code)
  }
  /** The most items of the last answers, and of the largest one, that are fewer than in each of the last failures. */
  const mostBelowFailed = () => {
    const least = Math.min(...failed.map(({ items }) => items))
    return Math.max(failed[0].answered, ...[mostAnswered, ...recent].filter((items) => items < least))
  }
  return {
    /** The most items of a joined request; Infinity until the server has refused some, 0 if it takes none. */
    most: limit,
    /** The server has answered a joined request of so many items. */
    answered(items: number): void {
      mostAnswered = Math.max(mostAnswered, items)
      if (recent.push(items) > MOST_RECENT) recent.shift()
      if (failed.length === 0) return
      failed = failed.filter((failure) => failure.items > items)
      for (const failure of failed) failure.answered = Math.max(failure.answered, items)
    },
    /**
     * The server has refused a joined request of so many items, although it answered each of its requests.
     *
     * @param code undefined: it has answered, but the answer cannot be divided
     */
    refused(items: number, code: status | undefined): void {
      const before = limit()
      if (BUSY.includes(code)) {
        mostBusy = Math.min(before, mostAnswered, Math.floor(items / 2))
        busyUntilMs = clock.now() + BUSY_MS
        return
      }
      if (FAILING.includes(code)) {
        failed = failed.filter((failure) => failure.answered < items)
        failed.push({ items, answered: 0 })
        if (failed.length === MOST_FAILURES) lower(mostBelowFailed(), code)
        return
      }
      if (items <= mostAnswered) {
        // the next refusal counts, unless as many are answered before
        mostAnswered = 0
        return
      }
      lower(mostAnswered, code)
    },
  }
}
