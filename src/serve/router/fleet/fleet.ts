import type { Dispatcher } from '../../../dispatch/dispatcher.ts'
import type { FleetServer, SendBatches } from '../../../model/fleet/fleet.ts'
import { tableRows, type Workload } from '../../../model/workload/workload.ts'
import { statusText } from '../../grpc/status.ts'
import type { Backend } from '../backends/backend.ts'
import { createJoinLimits } from '../backends/join-limit.ts'
import type { Attempt, Batch, Member } from './attempt.ts'
import { endAttempt, isStalled, noteNotWhole } from './batch.ts'
import { createHealth } from './health.ts'
import { createServerStates, type ServerLifeOptions } from './server-states.ts'
import { type ServerStatus, statusOf } from './server-status.ts'
import type { SlotTable } from './shared-slots.ts'
import { createSlots, type Slots } from './slots.ts'
import { createSteps } from './steps.ts'

export interface FleetOptions extends ServerLifeOptions {
  readonly workload: Workload
  readonly dispatcher: Dispatcher
  /** The slots of servers that several pools share. */
  readonly slotTable: SlotTable
  /** How servers that do not say get the requests of a batch; `parallel` unless given. */
  readonly sendBatches?: SendBatches | undefined
  openBackend(server: FleetServer): Backend
  /** Servers whose backends are of another generation open again with the next fleet. */
  backendGeneration(): number
  /** Applies a change; decisions come after it. */
  change(work: () => void): void
  /** Decides now: a slot is free again without a change of this pool. */
  decideNow(): void
}

export type Fleet = ReturnType<typeof createFleet>

/** Time between updates of slowdowns, ms. */
const REFRESH_MS = 100

/** Without pressure, slowdowns return to the table more slowly by this rate. */
const CALM_AGING = 0.1

/**
 * The servers of a pool, and their place in the dispatcher: each slot of a server that is up is an instance there. The
 * fleet is the only owner of its members.
 */
export function createFleet(options: FleetOptions) {
  const { workload, dispatcher, clock, events, pressure } = options
  const { openBackend, change, slotTable, sendBatches = 'parallel' } = options
  const members = new Map<string, Member>()
  const slots = createSlots(dispatcher, workload, clock, options.decideNow)
  const states = createServerStates({
    ...options,
    slots,
    members,
    wantedSize: () => wantedSize,
    onChecked: refresh,
  })
  /** Removed members that still work on a request. */
  const leaving = new Set<Member>()
  /** Servers once all changes are made. */
  let wantedSize = 0
  let refreshedMs = -Infinity
  const steps = createSteps(clock, change)

  /**
   * Replaces the servers; those that stay go on. Of many changes the first are made now, the others soon, step by step.
   *
   * @throws KairosError BAD_MODEL for a type that the table lacks
   */
  function setServers(servers: readonly FleetServer[]): void {
    const types = servers.map(({ type }) => type)
    const indices = tableRows(workload.latency, types)
    const generation = options.backendGeneration()
    const wanted = new Map(
      servers.map((server, i) => [`${generation}\n${keyOf(server)}`, { server, type: indices[i] }]),
    )
    wantedSize = wanted.size
    const changes: (() => void)[] = []
    for (const [key, member] of members) if (!wanted.has(key)) changes.push(() => leave(key, member))
    for (const [key, { server, type }] of wanted)
      if (!members.has(key)) changes.push(() => add(key, server, type))
    steps.take(changes)
  }

  function add(key: string, server: FleetServer, type: number): void {
    const nowMs = clock.now()
    const member: Member = {
      server,
      backend: openBackend(server),
      type,
      joinLimits:
        (server.batching ?? sendBatches) === 'merge'
          ? createJoinLimits(clock, (most, code) => {
              const text = code === undefined ? undefined : statusText(code)
              events.joinLimitLowered(server.address, most, largestBinWithin(most), text)
            })
          : undefined,
      state: 'starting',
      health: createHealth(nowMs),
    }
    members.set(key, member)
    const adjust = (untilMs: number) => slots.adjust(member, untilMs)
    slots.create(member, slotTable.share(server.address, adjust))
    states.start(member)
  }

  /** The largest bin of at most so many items; 0 if there is none. */
  function largestBinWithin(items: number): number {
    return workload.latency.batchSizes.reduce((least, size) => (size <= items ? size : least), 0)
  }

  function leave(key: string, member: Member): void {
    remove(key, member)
    events.serverRemoved(member.server.address)
  }

  function remove(key: string, member: Member): void {
    members.delete(key)
    states.remove(member)
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

  /** Updates all slowdowns: without answers they return to the table. */
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

  /** An attempt has ended without an answer. @returns whether it was the last of its batch: its slot is still busy */
  function ended(attempt: Attempt): boolean {
    noteNotWhole(attempt.batch)
    return endAttempt(attempt)
  }

  /** The backend of a server that is up: one of those that can answer, if there is one. */
  function anyBackend(canAnswer: (backend: Backend) => boolean): Backend | undefined {
    let other: Backend | undefined
    for (const { state, backend } of members.values()) {
      if (state !== 'up') continue
      if (canAnswer(backend)) return backend
      other ??= backend
    }
    return other
  }

  return {
    /** Servers, and those of them that get requests. */
    get size() {
      return members.size
    },
    get up() {
      return states.up
    },
    slots: slots as Pick<
      Slots,
      'size' | 'all' | 'at' | 'isFree' | 'begin' | 'putBack' | 'setAside' | 'leaveOverdue'
    >,
    statuses: (): ServerStatus[] => Array.from(members.values(), (member) => statusOf(slots, member)),
    anyBackend,
    /** Whether a server is up that is not among these. */
    hasOthers(excluded: ReadonlySet<Member>): boolean {
      for (const member of members.values()) if (member.state === 'up' && !excluded.has(member)) return true
      return false
    },
    setServers,
    /** The server of an attempt has answered; its slot is idle if that was the last of its batch. */
    answered(attempt: Attempt): void {
      const { batch } = attempt
      const nowMs = clock.now()
      if (isStalled(batch, clock.stalledMs(), nowMs)) noteNotWhole(batch)
      if (endAttempt(attempt)) release(batch, batch.isWhole)
      states.answered(batch, nowMs)
    },
    ended,
    /**
     * An attempt has ended because its client no longer waits.
     *
     * @returns whether it was the last of its batch: its slot is still busy
     */
    givenUp(attempt: Attempt): boolean {
      const isLast = ended(attempt)
      const nowMs = clock.now()
      const { batch } = attempt
      if (isLast && !batch.isRepeated && !isStalled(batch, clock.stalledMs(), nowMs))
        states.givenUp(batch, nowMs)
      return isLast
    },
    /** The slot of a batch is idle without an answer, unless its server has left since. */
    free: (batch: Batch) => release(batch, false),
    failed: states.failed,
    refresh,
    /** Removes all servers and cancels their attempts. */
    close(): void {
      steps.cancel()
      for (const [key, member] of members) remove(key, member)
      states.close()
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
