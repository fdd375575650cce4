/** When servers are checked: at intervals, evenly spread, and at once when one reports a change. */
import type { Clock } from '../../clock.ts'
import type { Backend } from '../job.ts'
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
  checked(member: Server, problem: string | undefined): void
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

export function createChecks<Server extends Checked>(options: ChecksOptions<Server>) {
  const { clock, intervalMs, size, up, checked } = options
  /** Members that are checked again and again. */
  const started = new Set<Server>()
  const timers = new Map<Server, { cancel(): void }>()
  /** Members that are being checked, and those that have reported a change and not passed a check since. */
  const checking = new WeakSet<Server>()
  const changed = new WeakSet<Server>()
  /** Members whose checks are spread. */
  const spread = new WeakSet<Server>()

  function start(member: Server): void {
    started.add(member)
    check(member)
  }

  /** Checks a server now, and then again and again. */
  function check(member: Server): void {
    const { backend } = member
    checking.add(member)
    backend.check(Math.max(1_000, 2 * intervalMs)).then((problem) => {
      checking.delete(member)
      if (!started.has(member)) return
      checked(member, problem)
      // that may have stopped it
      if (!started.has(member)) return
      const hasChanged = changed.has(member)
      if (problem === undefined) {
        changed.delete(member)
        backend.watch?.(() => checkAgain(member))
      }
      const pauseMs = hasChanged ? RETRY_CHECK_MS : pauseOf(member)
      timers.set(
        member,
        clock.after(pauseMs, () => check(member)),
      )
    })
  }

  /** The server has reported a change. */
  function checkAgain(member: Server): void {
    if (!started.has(member)) return
    changed.add(member)
    if (checking.has(member)) return
    timers.get(member)?.cancel()
    check(member)
  }

  /** The time until the next check of a server, ms. The first ones of servers that were added together are spread. */
  function pauseOf(member: Server): number {
    const { backend, health, server, state } = member
    const isUp = state === 'up'
    const usualMs = isUp ? intervalMs : Math.min(RETRY_CHECK_MS, intervalMs)
    const ratio = backend.isWatched === true && health.failedChecks === 0 ? WATCHED_RATIO : 1
    const pauseFor = (servers: number) => ratio * Math.max(usualMs, (1_000 * servers) / MOST_CHECKS)
    if (!isUp) return pauseFor(size() - up())
    if (spread.has(member)) return pauseFor(up())
    spread.add(member)
    // the others are going to be up
    return pauseFor(size()) * phaseOf(server.address)
  }

  return {
    /** Checks a server from now on, at once too. */
    start,
    stop(member: Server): void {
      started.delete(member)
      timers.get(member)?.cancel()
      timers.delete(member)
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
