import type { Dispatcher } from '../../dispatch/dispatcher.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { tableRows, type Workload } from '../../model/workload.ts'
import type { Attempt, Member } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { EjectionReason, PoolEvents } from './events.ts'
import {
  createHealth,
  isNewProblem,
  noteAnswer,
  noteCheck,
  noteEjection,
  noteFailure,
  noteReturn,
} from './health.ts'
import type { Backend, Fault } from './job.ts'
import type { Pressure } from './pressure.ts'

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
  readonly pressure: Pressure
  openBackend(server: FleetServer): Backend
  /** Called when a server gets requests from now on. @param wasEmpty whether no other server did */
  onUp(wasEmpty: boolean): void
  /** Called when a server gets no requests any more. @param lost the attempt that was given up with it */
  onOut(lost: Attempt | undefined): void
}

/**
 * The servers of a pool, and their place in the dispatcher: a server that is up is an instance there, idle or busy, and
 * the dispatcher learns its slowdown. The fleet is the only owner of its members.
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
  /** The server of an attempt has answered, and is idle. */
  answered(attempt: Attempt): void
  /** The server of an attempt is idle without an answer, unless it has left since. */
  free(attempt: Attempt): void
  /** A server that the dispatcher has made busy gets no requests for a moment. */
  setAside(member: Member): void
  /** A server has failed. */
  failed(member: Member, fault: Fault, details: string): void
  /** Updates all slowdowns: without answers they return to the table. */
  refresh(): void
  /** Removes all servers and cancels their attempts. */
  close(): void
}

/** Time between checks of a server that is not up, ms. */
const RETRY_CHECK_MS = 200

/** How long a server is set aside, ms. */
const ASIDE_MS = 20

/** Time between updates of slowdowns, ms. */
const REFRESH_MS = 100

/** Without pressure, slowdowns return to the table more slowly by this rate. */
const CALM_AGING = 0.1

type Changing = { -readonly [Key in keyof Member]: Member[Key] }

export function createFleet(options: FleetOptions): Fleet {
  const { workload, dispatcher, clock, events, healthIntervalMs, pressure } = options
  const { openBackend, onUp, onOut } = options
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
      const verdict = noteCheck(health, problem, pressure.isOn, clock.now())
      if (verdict === 'up' && member.state !== 'up') restore(member)
      else if (verdict === 'out') eject(member, 'unhealthy', problem!)
      refresh()
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
    noteEjection(member.health, reason, clock.now())
    member.state = 'ejected'
    // it may be restarted or repaired when it returns
    member.slowdown = 1
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

  /** @param slowdown what is known of it; undefined: nothing */
  function join(member: Changing, slowdown?: number): void {
    const wasEmpty = byInstance.size === 0
    const nowMs = clock.now()
    const instance = dispatcher.join(member.server.type)
    if (slowdown !== undefined) dispatcher.setSlowdown(instance, slowdown, nowMs)
    member.idleMs = nowMs
    member.instance = instance
    member.slowdown = dispatcher.slowdownOf(instance, nowMs)
    byInstance.set(instance, member)
    onUp(wasEmpty)
  }

  function leave(member: Changing): void {
    if (member.instance === undefined) return
    dispatcher.leave(member.instance)
    byInstance.delete(member.instance)
    member.instance = undefined
  }

  function refresh(): void {
    const nowMs = clock.now()
    if (nowMs < refreshedMs + REFRESH_MS) return
    refreshedMs = nowMs
    dispatcher.setAging(pressure.isOn ? 1 : CALM_AGING)
    for (const [instance, member] of byInstance) member.slowdown = dispatcher.slowdownOf(instance, nowMs)
  }

  /** The median slowdown of the servers that are up. */
  function usualSlowdown(): number {
    const sorted = Float64Array.from(byInstance.values(), ({ slowdown }) => slowdown).sort()
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
  }

  /** @param served whether the time that it took says how fast the server is */
  function release(attempt: Attempt, served: boolean): void {
    const member = attempt.member as Changing
    if (member.attempt !== attempt) return
    member.attempt = undefined
    if (member.instance !== undefined) {
      member.idleMs = clock.now()
      dispatcher.complete(member.instance, member.idleMs, served)
      member.slowdown = dispatcher.slowdownOf(member.instance, member.idleMs)
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
    answered(attempt) {
      const { member, startMs, tableMs } = attempt
      const nowMs = clock.now()
      release(attempt, true)
      const { slowdown, health } = member
      const answer = {
        tookMs: nowMs - startMs,
        tableMs,
        slowdown,
        usual: usualSlowdown(),
        shareOut: shareOut(),
      }
      if (!noteAnswer(health, answer, nowMs)) return
      eject(member as Changing, 'slow', `takes ${slowdown.toFixed(1)} times as long as its table says`)
    },
    free: (attempt) => release(attempt, false),
    setAside(member) {
      const changing = member as Changing
      const { slowdown } = member
      leave(changing)
      clock.after(ASIDE_MS, () => {
        if (member.state === 'up' && member.instance === undefined) join(changing, slowdown)
      })
    },
    failed(member, fault, details) {
      const reason = noteFailure(member.health, fault, shareOut())
      if (reason !== undefined) eject(member as Changing, reason, details)
    },
    refresh,
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
