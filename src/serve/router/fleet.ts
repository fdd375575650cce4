import type { Dispatcher } from '../../dispatch/dispatcher.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { tableRows, type Workload } from '../../model/workload.ts'
import type { Attempt, Member } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { EjectionReason, PoolEvents } from './events.ts'
import {
  createHealth,
  isNewProblem,
  isOutOfOrder,
  noteCheck,
  noteEjection,
  noteFailure,
  noteReturn,
} from './health.ts'
import type { Backend, Fault } from './job.ts'
import { createObservations, observe, onGrid, slowdownOf, usualSlowdown } from './slowdown.ts'

/** A server as the API and the metrics show it. */
export interface ServerStatus extends FleetServer {
  readonly state: 'starting' | 'up' | 'ejected'
  readonly inFlight: number
  /** How many times as long as the latency table says it takes. */
  readonly slowdown: number
}

interface FleetOptions {
  readonly workload: Workload
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly events: PoolEvents
  readonly healthIntervalMs: number
  openBackend(server: FleetServer): Backend
  /** Called when a server gets requests from now on. @param wasEmpty whether no other server did */
  onUp(wasEmpty: boolean): void
  /** Called when a server gets no requests any more. @param lost the attempt that was given up with it */
  onOut(lost: Attempt | undefined): void
}

/**
 * The servers of a pool, and their place in the dispatcher: a server that is up is an instance there, idle or busy,
 * with its slowdown. The fleet is the only owner of its members.
 */
export interface Fleet {
  /** Servers, and those of them that get requests. */
  readonly size: number
  readonly up: number
  statuses(): ServerStatus[]
  upMembers(): Iterable<Member>
  memberAt(instance: number): Member
  /** Whether a server is up that is not among these. */
  hasOthers(members: ReadonlySet<Member>): boolean
  /** Replaces the servers; those that stay go on. @throws KairosError BAD_MODEL for a type that the table lacks */
  setServers(servers: readonly FleetServer[]): void
  /** A server that the dispatcher has made busy begins an attempt. */
  begin(attempt: Attempt): void
  /** The server of an attempt is idle, unless it has left since. */
  free(attempt: Attempt): void
  /** A server that the dispatcher has made busy gets no requests for a moment. */
  setAside(member: Member): void
  /** A server took `tookMs` for a query. */
  answered(attempt: Attempt, tookMs: number): void
  failed(member: Member, fault: Fault, details: string): void
  /** Updates all slowdowns to the current time. */
  refresh(): void
  /** Removes all servers and cancels their attempts. */
  close(): void
}

/** Time between checks of a server that is not up, ms. */
const RETRY_CHECK_MS = 200

/** How long a server is set aside, ms. */
const ASIDE_MS = 20

/** Time between updates of slowdowns that are not observed, ms. */
const REFRESH_MS = 100

type Changing = { -readonly [Key in keyof Member]: Member[Key] }

export function createFleet(options: FleetOptions): Fleet {
  const { workload, dispatcher, clock, events, healthIntervalMs, openBackend, onUp, onOut } = options
  const members = new Map<string, Changing>()
  /** Members that get requests, by their number in the dispatcher. */
  const byInstance = new Map<number, Changing>()
  const checks = new Map<Member, { cancel(): void }>()
  /** Removed members that still work on a request. */
  const leaving = new Set<Changing>()
  let refreshedMs = -Infinity

  function setServers(servers: readonly FleetServer[]): void {
    const types = servers.map(({ type }) => type)
    const rows = tableRows(workload.latency, types)
    const wanted = new Map(servers.map((server, i) => [keyOf(server), { server, row: rows[i] }]))
    for (const [key, member] of members) if (!wanted.has(key)) remove(key, member)
    for (const [key, { server, row }] of wanted) if (!members.has(key)) add(key, server, row)
  }

  function add(key: string, server: FleetServer, type: number): void {
    const nowMs = clock.now()
    const member: Changing = {
      server,
      backend: openBackend(server),
      type,
      state: 'starting',
      instance: undefined,
      attempt: undefined,
      idleMs: nowMs,
      observations: createObservations(nowMs),
      slowdown: 1,
      health: createHealth(nowMs),
    }
    members.set(key, member)
    check(member)
  }

  function remove(key: string, member: Changing): void {
    members.delete(key)
    checks.get(member)?.cancel()
    checks.delete(member)
    const wasUp = member.state === 'up'
    member.state = 'removed'
    leave(member)
    if (wasUp) onOut(undefined)
    events.left(member.server.address)
    if (member.attempt) leaving.add(member)
    else member.backend.close()
  }

  /** Checks a server now, and then again and again. */
  function check(member: Changing): void {
    const { backend, health, server } = member
    const timeoutMs = Math.max(1_000, 2 * healthIntervalMs)
    backend.check(timeoutMs).then((problem) => {
      if (member.state === 'removed') return
      // a server that has never been up is reported once for each problem
      if (member.state === 'starting' && problem !== undefined && isNewProblem(health, problem)) {
        events.awaited(server.address, problem)
      }
      const verdict = noteCheck(health, problem, clock.now())
      if (verdict === 'up' && member.state !== 'up') restore(member)
      else if (verdict === 'out') eject(member, 'unhealthy', problem!)
      refreshType(member.type)
      const pauseMs = member.state === 'up' ? healthIntervalMs : Math.min(RETRY_CHECK_MS, healthIntervalMs)
      checks.set(
        member,
        clock.after(pauseMs, () => check(member)),
      )
    })
  }

  function restore(member: Changing): void {
    member.state = 'up'
    noteReturn(member.health, clock.now())
    events.joined(member.server.address, member.server.type)
    join(member)
  }

  function eject(member: Changing, reason: EjectionReason, details: string): void {
    if (member.state !== 'up') return
    const nowMs = clock.now()
    noteEjection(member.health, reason, member.observations.count, shareOut(), nowMs)
    member.state = 'ejected'
    // it may have been restarted or repaired when it returns
    member.observations = createObservations(nowMs)
    events.ejected(member.server.address, reason, details)
    leave(member)
    const lost = member.attempt
    member.attempt = undefined
    lost?.call?.cancel()
    onOut(lost)
  }

  /** The share of the servers that is out once one more is. */
  function shareOut(): number {
    let out = 1
    for (const { state } of members.values()) if (state !== 'up') out++
    return out / members.size
  }

  function join(member: Changing): void {
    const wasEmpty = byInstance.size === 0
    member.idleMs = clock.now()
    member.instance = dispatcher.join(member.server.type)
    byInstance.set(member.instance, member)
    tell(member)
    onUp(wasEmpty)
  }

  function leave(member: Changing): void {
    if (member.instance === undefined) return
    dispatcher.leave(member.instance)
    byInstance.delete(member.instance)
    member.instance = undefined
  }

  /** Tells the dispatcher the slowdown of a server. */
  function tell({ instance, slowdown }: Member): void {
    if (instance === undefined) return
    const nowMs = clock.now()
    const told = dispatcher.slowdownOf(instance, nowMs)
    const next = onGrid(slowdown, told)
    if (next !== told) dispatcher.setSlowdown(instance, next, nowMs)
  }

  function refreshType(type: number): void {
    const nowMs = clock.now()
    const alike = [...members.values()].filter((member) => member.type === type)
    const seen = alike.map(({ observations }) => observations)
    const usual = usualSlowdown(seen, nowMs)
    for (const member of alike) {
      member.slowdown = slowdownOf(member.observations, usual, nowMs)
      tell(member)
    }
  }

  function free(attempt: Attempt): void {
    const member = attempt.member as Changing
    if (member.attempt !== attempt) return
    member.attempt = undefined
    if (member.instance !== undefined) {
      member.idleMs = clock.now()
      dispatcher.complete(member.instance, member.idleMs)
    } else if (leaving.delete(member)) member.backend.close()
  }

  return {
    get size() {
      return members.size
    },
    get up() {
      return byInstance.size
    },
    statuses: () => Array.from(members.values(), statusOf),
    upMembers: () => byInstance.values(),
    memberAt: (instance) => byInstance.get(instance)!,
    hasOthers(others) {
      for (const member of byInstance.values()) if (!others.has(member)) return true
      return false
    },
    setServers,
    begin(attempt) {
      const member = attempt.member as Changing
      member.attempt = attempt
      member.idleMs = attempt.startMs + member.slowdown * attempt.tableMs
    },
    free,
    setAside(member) {
      leave(member as Changing)
      clock.after(ASIDE_MS, () => {
        if (member.state === 'up' && member.instance === undefined) join(member as Changing)
      })
    },
    answered({ member, tableMs }, tookMs) {
      const { observations, health, type } = member
      const nowMs = clock.now()
      observe(observations, tableMs, tookMs, nowMs)
      health.failures = 0
      refreshType(type)
      const up = [...members.values()].filter(({ state }) => state === 'up')
      const usual = usualSlowdown(
        up.map((other) => other.observations),
        nowMs,
      )
      if (!isOutOfOrder(health, observations.count, member.slowdown, usual, shareOut())) return
      const details = `takes ${member.slowdown.toFixed(1)} times as long as its table says`
      eject(member as Changing, 'slow', details)
    },
    failed(member, fault, details) {
      const reason = noteFailure(member.health, fault, shareOut())
      if (reason !== undefined) eject(member as Changing, reason, details)
    },
    refresh() {
      const nowMs = clock.now()
      if (nowMs < refreshedMs + REFRESH_MS) return
      refreshedMs = nowMs
      for (const type of new Set(Array.from(members.values(), (member) => member.type))) refreshType(type)
    },
    close() {
      for (const [key, member] of members) remove(key, member)
      for (const member of leaving) {
        member.attempt?.call?.cancel()
        member.attempt = undefined
        member.backend.close()
      }
      leaving.clear()
    },
  }
}

function statusOf({ server, state, attempt, slowdown }: Member): ServerStatus {
  return { ...server, state: state as ServerStatus['state'], inFlight: attempt ? 1 : 0, slowdown }
}

function keyOf({ address, type, model = '' }: FleetServer): string {
  return [address, type, model].join('\n')
}
