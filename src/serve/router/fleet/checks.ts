/** When servers are checked: at intervals, evenly spread, and at once when one reports a change. */
import type { Clock } from '../../clock.ts'
import type { Backend } from '../backends/backend.ts'
import type { Member } from './attempt.ts'

/** What is checked: a member of a fleet, or a server that the driver has lost. */
interface Checked {
  readonly server: { readonly address: string }
  readonly state: Member['state']
  readonly health: Pick<Member['health'], 'failedChecks'>
  readonly backend: Pick<Backend, 'check' | 'watch' | 'isWatched'>
}

interface ChecksOptions<Server extends Checked> {
  readonly clock: Clock
  readonly intervalMs: number
  /** Servers of the fleet, and those of them that get requests. */
  size(): number
  up(): number
  /** A check has ended. @param problem why the server cannot serve; undefined if it can */
  checked(server: Server, problem: string | undefined): void
}

/**
 * Time between checks of a server that is not up, ms. A server that has reported a change is checked again after this
 * time too, until it has passed and once more.
 */
const RETRY_CHECK_MS = 200

/** Most checks a second of the servers of a model: beyond, the time between two checks of a server grows. */
const MOST_CHECKS = 50

/** A server that reports changes by itself is asked less often by this ratio. */
const WATCHED_RATIO = 5

/** The checks of a server. */
interface Checks {
  /** The next one; undefined while one is under way. */
  next: { cancel(): void } | undefined
  /** Whether the server has reported a change and not passed a check since. */
  hasChanged: boolean
  /** Whether its first check as one that is up has been spread. */
  isSpread: boolean
}

export function createChecks<Server extends Checked>(options: ChecksOptions<Server>) {
  const { clock, intervalMs, size, up, checked } = options
  /** Of the servers that are checked again and again. */
  const byServer = new Map<Server, Checks>()

  /** Checks a server now, and then again and again. */
  function check(server: Server, checks: Checks): void {
    const { backend } = server
    checks.next = undefined
    backend.check(Math.max(1_000, 2 * intervalMs)).then((problem) => {
      if (!byServer.has(server)) return
      checked(server, problem)
      // that may have stopped it
      if (!byServer.has(server)) return
      const { hasChanged } = checks
      if (problem === undefined) {
        checks.hasChanged = false
        backend.watch(() => checkAgain(server, checks))
      }
      const pauseMs = hasChanged ? RETRY_CHECK_MS : pauseOf(server, checks)
      checks.next = clock.after(pauseMs, () => check(server, checks))
    })
  }

  /** The server has reported a change. */
  function checkAgain(server: Server, checks: Checks): void {
    if (!byServer.has(server)) return
    checks.hasChanged = true
    if (checks.next === undefined) return
    checks.next.cancel()
    check(server, checks)
  }

  /** The time until the next check of a server, ms. The first ones of servers that were added together are spread. */
  function pauseOf({ backend, health, server, state }: Server, checks: Checks): number {
    const isUp = state === 'up'
    const usualMs = isUp ? intervalMs : Math.min(RETRY_CHECK_MS, intervalMs)
    const ratio = backend.isWatched && health.failedChecks === 0 ? WATCHED_RATIO : 1
    const pauseFor = (servers: number) => ratio * Math.max(usualMs, (1_000 * servers) / MOST_CHECKS)
    if (!isUp) return pauseFor(size() - up())
    if (checks.isSpread) return pauseFor(up())
    checks.isSpread = true
    // the others are going to be up
    return pauseFor(size()) * phaseOf(server.address)
  }

  return {
    /** Checks a server from now on, at once too. */
    start(server: Server): void {
      const checks: Checks = { next: undefined, hasChanged: false, isSpread: false }
      byServer.set(server, checks)
      check(server, checks)
    },
    stop(server: Server): void {
      byServer.get(server)?.next?.cancel()
      byServer.delete(server)
    },
  }
}

/** A number from 0 to 1 that differs from server to server. */
function phaseOf(address: string): number {
  let hash = 0
  for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) >>> 0
  // multiplied by the golden ratio, neighbours are far apart
  return (Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32
}
