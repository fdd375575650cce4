import type { Dispatcher } from '../../dispatch/dispatcher.ts'
import type { FleetServer, SentBatches } from '../../model/fleet.ts'
import { tableRows, type Workload } from '../../model/workload.ts'
import { type Attempt, type Batch, LARGE_FLEET_SLOTS, type Member, type Slot } from './attempt.ts'
import { createChecks } from './checks.ts'
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
import { createJoining } from './joining.ts'
import type { Pressure } from './pressure.ts'
import { type ServerStatus, statusOf } from './server-status.ts'
import type { SlotTable } from './shared-slots.ts'
import { createSlots } from './slots.ts'
import { createSteps } from './steps.ts'

interface FleetOptions {
  readonly workload: Workload
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly events: PoolEvents
  readonly healthIntervalMs: number
  readonly pressure: Pressure
  /** The slots of servers that several pools share. */
  readonly slotTable: SlotTable
  /** How servers that do not say get the requests of a batch; `parallel` unless given. */
  readonly sentBatches?: SentBatches | undefined
  openBackend(server: FleetServer): Backend
  /** Servers whose backends are of another generation are opened again with the next fleet; always the same unless given. */
  backendGeneration?(): number
  /** Applies a change; decisions come after it. */
  change(work: () => void): void
  /** Called when a server gets requests from now on. @param wasEmpty whether no other server did */
  onUp(wasEmpty: boolean): void
  /** Called when a server gets no requests any more. @param lost the attempts that were given up with it */
  onOut(lost: readonly Attempt[]): void
}

/**
 * The servers of a pool, and their place in the dispatcher: each slot of a server that is up is an instance there. The
 * fleet is the only owner of its members.
 */
export interface Fleet {
  /** Servers, and those of them that get requests. */
  readonly size: number
  readonly up: number
  statuses(): ServerStatus[]
  /** A server that is up. */
  anyUp(): Member | undefined
  /** Slots of the servers that are up and not set aside. */
  readonly slots: number
  upSlots(): Iterable<Slot>
  slotAt(instance: number): Slot
  /** Whether a server is up that is not among these. */
  hasOthers(members: ReadonlySet<Member>): boolean
  /**
   * Replaces the servers; those that stay go on. Of many changes the first are made now, the others soon, step by step.
   *
   * @throws KairosError BAD_MODEL for a type that the table lacks
   */
  setServers(servers: readonly FleetServer[]): void
  /** A slot that the dispatcher has made busy begins a batch. */
  begin(batch: Batch): void
  /** The server of an attempt has answered; its slot is idle if that was the last of its batch. */
  answered(attempt: Attempt): void
  /** An attempt has ended without an answer. @returns whether it was the last of its batch: its slot is still busy */
  ended(attempt: Attempt): boolean
  /** A batch takes longer than the server needs for it: some of its requests are tried again there. */
  repeated(batch: Batch): void
  /** The slot of a batch is idle without an answer, unless its server has left since. */
  free(batch: Batch): void
  /** A server gets no requests for a moment. */
  setAside(member: Member): void
  /** A server has failed. */
  failed(member: Member, fault: Fault, details: string): void
  /** Updates all slowdowns: without answers they return to the table. */
  refresh(): void
  /** Removes all servers and cancels their attempts. */
  close(): void
}

/** Time between updates of slowdowns, ms. */
const REFRESH_MS = 100

/** In a large fleet, servers that join within this time are one change, ms. */
const JOINED_MS = 2

/** Without pressure, slowdowns return to the table more slowly by this rate. */
const CALM_AGING = 0.1

type Changing = { -readonly [Key in keyof Member]: Member[Key] }
type ChangingBatch = { -readonly [Key in keyof Batch]: Batch[Key] }

export function createFleet(options: FleetOptions): Fleet {
  const { workload, dispatcher, clock, events, healthIntervalMs, pressure } = options
  const { openBackend, change, onUp, onOut, slotTable, sentBatches = 'parallel' } = options
  const members = new Map<string, Changing>()
  const slots = createSlots(dispatcher, clock, () => change(() => undefined))
  const checks = createChecks({
    clock,
    intervalMs: healthIntervalMs,
    size: () => wantedSize,
    up: () => up,
    checked: (member, problem) => checked(member as Changing, problem),
  })
  /** Removed members that still work on a request. */
  const leaving = new Set<Member>()
  /** Members that are up. */
  let up = 0
  /** Servers once all changes are made. */
  let wantedSize = 0
  let isAnnouncing = false
  let refreshedMs = -Infinity
  const steps = createSteps(clock, change)

  function setServers(servers: readonly FleetServer[]): void {
    const types = servers.map(({ type }) => type)
    const rows = tableRows(workload.latency, types)
    const generation = options.backendGeneration?.() ?? 0
    const wanted = new Map(
      servers.map((server, i) => [`${generation}\n${keyOf(server)}`, { server, row: rows[i] }]),
    )
    wantedSize = wanted.size
    const changes: (() => void)[] = []
    for (const [key, member] of members) if (!wanted.has(key)) changes.push(() => remove(key, member))
    for (const [key, { server, row }] of wanted)
      if (!members.has(key)) changes.push(() => add(key, server, row))
    steps.take(changes)
  }

  function add(key: string, server: FleetServer, type: number): void {
    const nowMs = clock.now()
    const member: Changing = {
      server,
      backend: openBackend(server),
      type,
      joining:
        (server.batching ?? sentBatches) === 'merge'
          ? createJoining(clock, (most) => events.joinLimitLowered?.(server.address, most, largestBin(most)))
          : undefined,
      state: 'starting',
      health: createHealth(nowMs),
    }
    members.set(key, member)
    const adjust = (untilMs: number) => slots.adjust(member, untilMs)
    slots.create(member, slotTable.share(server.address, adjust))
    checks.start(member)
  }

  /** The largest bin of at most so many items; 0 if there is none. */
  function largestBin(items: number): number {
    return workload.latency.batchSizes.reduce((least, size) => (size <= items ? size : least), 0)
  }

  function remove(key: string, member: Changing): void {
    members.delete(key)
    checks.stop(member)
    const wasUp = member.state === 'up'
    member.state = 'removed'
    slots.leave(member)
    if (wasUp) {
      up--
      onOut([])
    }
    events.serverRemoved(member.server.address)
    leaving.add(member)
    endIfIdle(member)
  }

  /** Closes the connection to a server that has been removed, once no request runs there. */
  function endIfIdle(member: Member): void {
    const isBusy = slots.of(member).some(({ batch }) => batch !== undefined)
    if (isBusy || !leaving.delete(member)) return
    slots.forget(member)
    member.backend.close()
  }

  /** A check of a server has ended. @param problem why it cannot serve; undefined if it can */
  function checked(member: Changing, problem: string | undefined): void {
    const { health, server } = member
    // a server that has never been up is reported once for each problem
    if (member.state === 'starting' && problem !== undefined && isNewProblem(health, problem)) {
      events.serverNotReady(server.address, problem)
    }
    const verdict = noteCheck(health, problem, pressure.isOn, clock.now())
    if (verdict === 'up' && member.state !== 'up') restore(member)
    else if (verdict === 'out') eject(member, 'unhealthy', problem!)
    refresh()
  }

  function restore(member: Changing): void {
    member.state = 'up'
    up++
    noteReturn(member.health, clock.now())
    events.serverUp(member.server.address, member.server.type)
    slots.join(member)
    if (up === 1 || slots.size <= LARGE_FLEET_SLOTS) onUp(up === 1)
    else announceSoon()
  }

  /** Servers of a large fleet that come back together are one change. */
  function announceSoon(): void {
    if (isAnnouncing) return
    isAnnouncing = true
    clock.after(JOINED_MS, () => {
      isAnnouncing = false
      onUp(false)
    })
  }

  function eject(member: Changing, reason: EjectionReason, details: string): void {
    if (member.state !== 'up') return
    noteEjection(member.health, reason, clock.now())
    member.state = 'ejected'
    up--
    events.ejected(member.server.address, reason, details)
    slots.leave(member)
    const lost = slots.giveUp(member)
    for (const { call } of lost) call?.cancel()
    onOut(lost)
  }

  /** The share of the servers that is out once one more is. */
  function shareOut(): number {
    let out = 1
    for (const { state } of members.values()) if (state !== 'up') out++
    return out / members.size
  }

  function refresh(): void {
    const nowMs = clock.now()
    if (nowMs < refreshedMs + REFRESH_MS) return
    refreshedMs = nowMs
    dispatcher.setAging(pressure.isOn ? 1 : CALM_AGING)
    slots.refresh(nowMs)
  }

  function release(batch: Batch, served: boolean): void {
    slots.release(batch, served)
    if (batch.member.state === 'removed') endIfIdle(batch.member)
  }

  function repeated(batch: Batch): void {
    ;(batch as ChangingBatch).isWhole = false
  }

  /** @returns whether it was the last open attempt of its batch */
  function endOf(attempt: Attempt): boolean {
    const open = attempt.batch.open as Attempt[]
    const i = open.indexOf(attempt)
    if (i < 0) return false
    open.splice(i, 1)
    return open.length === 0
  }

  function* upMembers(): Generator<Member> {
    for (const member of members.values()) if (member.state === 'up') yield member
  }

  return {
    get size() {
      return members.size
    },
    get up() {
      return up
    },
    get slots() {
      return slots.size
    },
    statuses: () => Array.from(members.values(), (member) => statusOf(slots, member)),
    anyUp: () => upMembers().next().value ?? undefined,
    upSlots: slots.all,
    slotAt: slots.at,
    hasOthers(others) {
      // a server that is set aside does not count
      for (const { member } of slots.all()) if (!others.has(member)) return true
      return false
    },
    setServers,
    begin: slots.begin,
    answered(attempt) {
      const { batch } = attempt
      const { member, slot, startMs, tableMs, isWhole } = batch
      const { health } = member
      const nowMs = clock.now()
      if (endOf(attempt)) release(batch, isWhole)
      const { slowdown } = slot
      const answer = {
        // nothing is known of the time of a batch that was tried again in parts
        tookMs: isWhole ? nowMs - startMs : 0,
        tableMs,
        slowdown,
        usual: slots.usualSlowdown,
        shareOut,
      }
      if (!noteAnswer(health, answer, nowMs)) return
      eject(member as Changing, 'slow', `takes ${slowdown.toFixed(1)} times as long as its table says`)
    },
    ended(attempt) {
      repeated(attempt.batch)
      return endOf(attempt)
    },
    repeated,
    free: (batch) => release(batch, false),
    setAside: slots.setAside,
    failed(member, fault, details) {
      const reason = noteFailure(member.health, fault, shareOut())
      if (reason !== undefined) eject(member as Changing, reason, details)
    },
    refresh,
    close() {
      steps.cancel()
      for (const [key, member] of members) remove(key, member)
      for (const member of leaving) {
        for (const { call } of slots.giveUp(member)) call?.cancel()
        endIfIdle(member)
      }
    },
  }
}

function keyOf({ address, type, model = '', slots = 1, batching }: FleetServer): string {
  return `${address}\n${type}\n${model}\n${slots}\n${batching ?? ''}`
}
