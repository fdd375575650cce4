import type { FleetServer } from '../../model/fleet.ts'
import { tableRows, type Workload } from '../../model/workload.ts'
import type { EjectionReason, PoolEvents } from './events.ts'
import type { Backend, Clock, Fault } from './job.ts'
import type { Member } from './member.ts'
import type { Pressure } from './pressure.ts'
import { age, createSpeed, factorOf, observe, usualFactor } from './speed.ts'

export interface FleetOptions {
  readonly workload: Workload
  readonly clock: Clock
  readonly events: PoolEvents
  readonly healthIntervalMs: number
  readonly pressure: Pressure
  openBackend(server: FleetServer): Backend
  /** A member can serve from now on. */
  putIn(member: Member): void
  /** It cannot any more. `lost`: neither what it is busy with. */
  takeOut(member: Member, lost: boolean): void
}

/** The servers of a pool: who they are, whether they can serve, and how fast they are. */
export interface Fleet {
  readonly members: ReadonlyMap<string, Member>
  /** From now on these and no others. @throws KairosError BAD_MODEL for a type that the table lacks */
  setServers(servers: readonly FleetServer[]): void
  /** A server took `tookMs` for what its table says takes `tableMs`. */
  observed(member: Member, tableMs: number, tookMs: number): void
  /** What is known of how fast they are is brought up to now: an estimate without fresh observations ages. */
  refresh(): void
  /** A server failed. */
  failed(member: Member, fault: Fault, details: string): void
  close(): void
}

/** A server that fails this often in a row without an answer is taken out. */
const MOST_FAILURES = 3

/** Checks in a row that may be missed. */
const MOST_MISSED = 2

/** This many times slower than the others, and seen so often: out of order. */
const OUT_OF_ORDER = 4
const SURE_AFTER = 5

/** Looking after a server that is out, ms. */
const RETRY_MS = 200

/** First pause of a server that was taken out, ms, by reason; doubled each time in a row. */
const PAUSE_MS: Readonly<Record<EjectionReason, number>> = {
  unreachable: 200,
  hung: 200,
  unhealthy: 200,
  failing: 1_000,
  slow: 5_000,
}
const LONGEST_PAUSE_MS = 60_000

/**
 * No pause is longer where the other servers are not enough, ms: a server that has recovered has to serve again within
 * five seconds.
 */
const PRESSED_PAUSE_MS = 1_500

/** A server that has done well for so long has a clean record, ms. */
const CLEAN_MS = 30_000

export function createFleet(options: FleetOptions): Fleet {
  const { workload, clock, events, healthIntervalMs, pressure, openBackend, putIn, takeOut } = options
  const members = new Map<string, Member>()
  let agedMs = clock.now()

  function setServers(servers: readonly FleetServer[]): void {
    const rows = tableRows(
      workload.latency,
      servers.map(({ type }) => type),
    )
    const wanted = new Map(servers.map((server, i) => [keyOf(server), { server, row: rows[i] }]))
    for (const [key, member] of members) if (!wanted.has(key)) remove(key, member)
    for (const [key, { server, row }] of wanted) if (!members.has(key)) add(key, server, row)
  }

  function add(key: string, server: FleetServer, type: number): void {
    const nowMs = clock.now()
    const member: Member = {
      server,
      backend: openBackend(server),
      type,
      state: 'starting',
      number: undefined,
      run: undefined,
      idleMs: nowMs,
      speed: createSpeed(nowMs),
      factor: 1,
      grade: 0,
      failures: 0,
      missed: 0,
      trouble: undefined,
      outSinceMs: 0,
      outUntilMs: 0,
      ejections: 0,
      wasSlow: false,
      slowInRow: 0,
      returnedMs: nowMs,
      check: undefined,
    }
    members.set(key, member)
    look(member)
  }

  function remove(key: string, member: Member): void {
    members.delete(key)
    member.check?.cancel()
    if (member.state === 'up') takeOut(member, false)
    member.state = 'removed'
    events.left(member.server.address)
    // what it is busy with is still answered; the connection goes when that is done
    if (!member.run) member.backend.close()
  }

  /** Checks a server now, and again and again. */
  function look(member: Member): void {
    const timeoutMs = Math.max(1_000, 2 * healthIntervalMs)
    member.backend.check(timeoutMs).then((trouble) => {
      if (member.state === 'removed') return
      if (trouble === undefined) healthy(member)
      else if (++member.missed >= MOST_MISSED && member.state === 'up') eject(member, 'unhealthy', trouble)
      // a server that has never served is told of once, and again when something else is wrong with it
      if (member.state === 'starting' && trouble !== undefined && gistOf(trouble) !== member.trouble) {
        events.awaited(member.server.address, trouble)
      }
      member.trouble = trouble === undefined ? undefined : gistOf(trouble)
      refreshFactors(member.type)
      const pauseMs = member.state === 'up' ? healthIntervalMs : Math.min(RETRY_MS, healthIntervalMs)
      member.check = clock.after(pauseMs, () => look(member))
    })
  }

  function healthy(member: Member): void {
    member.missed = 0
    if (member.state === 'up' || isPaused(member)) return
    member.state = 'up'
    member.failures = 0
    member.returnedMs = clock.now()
    events.joined(member.server.address, member.server.type)
    putIn(member)
  }

  function isPaused({ outSinceMs, outUntilMs }: Member): boolean {
    const longestMs = pressure.isOn ? PRESSED_PAUSE_MS : LONGEST_PAUSE_MS
    return clock.now() < Math.min(outUntilMs, outSinceMs + longestMs)
  }

  function eject(member: Member, reason: EjectionReason, details: string): void {
    if (member.state !== 'up') return
    const nowMs = clock.now()
    // one that is cut off, or that a single request was too much for, is as good as before once it answers again
    const cutOff = reason === 'unreachable' || reason === 'hung'
    const clean = cutOff ? member.speed.observations > 0 : nowMs - member.returnedMs > CLEAN_MS
    if (clean) member.ejections = 0
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS[reason] * 2 ** member.ejections)
    member.ejections++
    member.wasSlow = reason === 'slow'
    member.slowInRow = 0
    member.outSinceMs = nowMs
    member.outUntilMs = nowMs + pauseMs
    member.state = 'ejected'
    // it is somebody else when it returns: restarted, repaired, or slow again and soon found out
    member.speed = createSpeed(nowMs)
    events.ejected(member.server.address, reason, details)
    takeOut(member, true)
  }

  /** Whether one more may be taken out for what it does: never more than half of those that are there. */
  function canSpare(): boolean {
    const all = [...members.values()]
    const out = all.filter(({ state }) => state !== 'up').length
    return out + 1 <= all.length / 2
  }

  function observed(member: Member, tableMs: number, tookMs: number): void {
    const nowMs = clock.now()
    observe(member.speed, tableMs, tookMs, nowMs)
    member.failures = 0
    refreshFactors(member.type)
    const seen = [...members.values()].filter(({ state }) => state === 'up').map(({ speed }) => speed)
    const limit = OUT_OF_ORDER * Math.max(1, usualFactor(seen))
    // the estimate may have been forgotten between two queries
    member.slowInRow = tookMs >= limit * tableMs ? member.slowInRow + 1 : 0
    const sureAfter = member.wasSlow ? 1 : SURE_AFTER
    const isSlow = member.factor >= limit && member.speed.observations >= sureAfter
    if (!(isSlow || member.slowInRow >= SURE_AFTER) || !canSpare()) return
    eject(member, 'slow', `takes ${member.factor.toFixed(1)} times as long as its table says`)
  }

  function failed(member: Member, fault: Fault, details: string): void {
    member.failures++
    if (fault === 'gone') eject(member, 'unreachable', details)
    else if (!canSpare()) return
    else if (fault === 'hung') eject(member, 'hung', details)
    else if (member.failures >= MOST_FAILURES) eject(member, 'failing', details)
  }

  function refreshFactors(type: number): void {
    const alike = [...members.values()].filter((member) => member.type === type)
    const usual = usualFactor(alike.map(({ speed }) => speed))
    for (const member of alike) member.factor = factorOf(member.speed, usual)
  }

  return {
    members,
    setServers,
    observed,
    refresh() {
      const nowMs = clock.now()
      for (const { speed } of members.values()) age(speed, nowMs - agedMs, pressure.isOn)
      agedMs = nowMs
      for (const type of new Set(Array.from(members.values(), (member) => member.type))) refreshFactors(type)
    },
    failed,
    close() {
      for (const [key, member] of members) remove(key, member)
    },
  }
}

/** What was wrong, without the times and ports that it was wrong at. */
function gistOf(trouble: string): string {
  return trouble.replaceAll(/\d+/g, '')
}

function keyOf({ address, type, model = '' }: FleetServer): string {
  return [address, type, model].join('\n')
}
