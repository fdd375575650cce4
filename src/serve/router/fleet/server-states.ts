/** The life of the servers of a pool: when one starts to get requests, and when it is taken out. */
import type { Clock } from '../../clock.ts'
import type { EjectionReason, PoolEvents } from '../events.ts'
import type { Failure } from '../job.ts'
import { type Attempt, type Batch, LARGE_FLEET_SLOTS, type Member } from './attempt.ts'
import { createChecks } from './checks.ts'
import {
  isNewProblem,
  noteAnswer,
  noteCheck,
  noteEjection,
  noteFailure,
  noteGivenUp,
  noteReturn,
} from './health.ts'
import type { Pressure } from './pressure.ts'
import type { Slots } from './slots.ts'
import { createUsualSlowdown } from './usual-slowdown.ts'

/** What the states of servers depend on, and who is told of them. */
export interface ServerLifeOptions {
  readonly clock: Clock
  readonly events: PoolEvents
  readonly healthIntervalMs: number
  readonly pressure: Pressure
  /** Called when a server gets requests from now on. @param wasEmpty whether no other server did */
  onUp(wasEmpty: boolean): void
  /** Called when a server gets no requests any more. @param lost the attempts that were given up with it */
  onOut(lost: readonly Attempt[]): void
}

interface ServerStatesOptions extends ServerLifeOptions {
  readonly slots: Slots
  readonly members: ReadonlyMap<string, Member>
  /** The number of members once all changes of the fleet are made. */
  wantedSize(): number
  /** Called after each check. */
  onChecked(): void
}

/** Whether a server that is taken out still answers its open requests, because it stops as a server should. */
function answersOpen({ backend }: Member, reason: EjectionReason): boolean {
  return backend.isLeaving && (reason === 'unreachable' || reason === 'unhealthy')
}

/** In a large fleet, servers that join within this time are one change, ms. */
const JOINED_MS = 2

type Changing = { -readonly [Key in keyof Member]: Member[Key] }

/** What moves a server from state to state: its checks, answers and failures. */
export function createServerStates(options: ServerStatesOptions) {
  const { clock, events, healthIntervalMs, pressure, slots, members } = options
  const { wantedSize, onChecked, onUp, onOut } = options
  let up = 0
  /** Announces servers of a large fleet that have joined. */
  let announcement: { cancel(): void } | undefined
  const usual = createUsualSlowdown(slots, clock)
  const checks = createChecks({
    clock,
    intervalMs: healthIntervalMs,
    size: wantedSize,
    up: () => up,
    checked,
  })

  /** A check of a server has ended. @param problem why it cannot serve; undefined if it can */
  function checked(member: Member, problem: string | undefined): void {
    const { health, server } = member
    // one that returns as another model has another problem than the one that it was taken out for
    if (member.state !== 'up' && problem !== undefined && isNewProblem(health, problem)) {
      events.serverNotReady(server.address, problem)
    }
    const verdict = noteCheck(health, problem, pressure.isOn, clock.now())
    if (verdict === 'up' && member.state !== 'up') restore(member)
    else if (verdict === 'out') eject(member, 'unhealthy', problem!)
    onChecked()
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
    announcement ??= clock.after(JOINED_MS, () => {
      announcement = undefined
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
    const lost = answersOpen(member, reason) ? [] : slots.giveUp(member)
    for (const { call } of lost) call?.cancel()
    onOut(lost)
  }

  /** The share of the servers that is out once one more is. */
  function shareOut(): number {
    let out = 1
    for (const { state } of members.values()) if (state !== 'up') out++
    return out / members.size
  }

  return {
    /** Servers that get requests. */
    get up() {
      return up
    },
    /** Checks a new server from now on: it is up once a check passes. */
    start: checks.start,
    /** A server has left the fleet; the attempts on it stay. */
    remove(member: Member): void {
      checks.stop(member)
      const wasUp = member.state === 'up'
      ;(member as Changing).state = 'removed'
      slots.leave(member)
      if (wasUp) {
        up--
        onOut([])
      }
    },
    /** A server has answered an attempt of a batch. It is taken out if it is out of order. */
    answered({ member, slot, startMs, tableMs, open, isWhole }: Batch, nowMs: number): void {
      const { slowdown } = slot
      const answer = {
        endsBatch: open.length === 0,
        startMs,
        // nothing is known of the time of a batch that was tried again in parts, or during which the event loop stood
        // still
        tookMs: isWhole ? nowMs - startMs : 0,
        tableMs,
        slowdown,
        usual,
        shareOut,
      }
      if (!noteAnswer(member.health, answer, nowMs)) return
      // the learned slowdown may have decayed by now; report the larger value
      const times = Math.max(slowdown, answer.tookMs / tableMs)
      eject(member, 'slow', `takes ${times.toFixed(1)} times as long as its table says`)
    },
    /**
     * The last open request of a batch was given up. Its server is taken out if several one after another took far too
     * long.
     */
    givenUp({ member, startMs, tableMs }: Batch, nowMs: number): void {
      const givenUp = { startMs, tableMs, usual, shareOut }
      if (!noteGivenUp(member.health, givenUp, nowMs)) return
      const { givenUp: count, givenUpMs } = member.health
      const times = `clients gave up ${count} times after ${Math.round(givenUpMs)} ms in all`
      const table = `the last batch needs ${tableMs.toFixed(1)} ms by its latency table`
      eject(member, 'hung', `${times}; ${table}`)
    },
    /** A server has failed. It is taken out if it cannot be reached, or has failed too often. */
    failed(member: Member, origin: Failure['origin'], details: string): void {
      const reason = noteFailure(member.health, origin, shareOut())
      if (reason !== undefined) eject(member, reason, details)
    },
    /** Announces no more servers; all have been removed. */
    close(): void {
      announcement?.cancel()
    },
  }
}
