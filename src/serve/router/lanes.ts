import type { Dispatcher } from '../../dispatch/dispatcher.ts'
import type { Attempt, Batch, Lane, Member } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { SharedSlots } from './shared-slots.ts'

type Changing = { -readonly [Key in keyof Lane]: Lane[Key] }

interface Entry {
  readonly lanes: Changing[]
  readonly slots: SharedSlots
  /** The end of the time for which the server is set aside. */
  aside?: { cancel(): void } | undefined
}

/**
 * The slots of the servers of a pool. A slot of a server that is up is an instance of the dispatcher, idle or busy, of
 * which the dispatcher learns the slowdown.
 *
 * Where pools share a server, a pool holds as many of its own slots as requests of other pools occupy: then the idle
 * instances of each pool are the free slots of the server.
 */
export interface Lanes {
  /** Slots that get requests, now or when they are idle. */
  readonly size: number
  all(): Iterable<Lane>
  at(instance: number): Lane
  /** The slots of a server. */
  of(member: Member): readonly Lane[]
  /** Creates the slots of a new server. */
  create(member: Member, slots: SharedSlots): void
  /** A server gets requests from now on. */
  join(member: Member): void
  /** It gets none any more; the attempts on it stay. */
  leave(member: Member): void
  /** It has left for good. */
  forget(member: Member): void
  /** A slot that the dispatcher has made busy begins a batch. */
  begin(batch: Batch): void
  /**
   * The slot of a batch is free, unless it was before.
   *
   * @param served whether the time that it took says how fast the server is
   */
  release(batch: Batch, served: boolean): void
  /** The open attempts on a server, which are given up: its slots are free. */
  giveUp(member: Member): Attempt[]
  /**
   * A server gets no requests for a moment. Its slots leave the dispatcher, because some policies keep a request for a
   * type or an instance as long as it is there.
   */
  setAside(member: Member): void
  /** Requests of other pools occupy more or fewer slots of a server: holds as many of this pool. */
  adjust(member: Member, untilMs: number): void
  /** Updates all slowdowns. */
  refresh(nowMs: number): void
  /** The median slowdown, of a moment ago. */
  usualSlowdown(): number
}

/** The median slowdown of a large fleet is computed again after this time, ms: sorting takes as long as many decisions. */
const USUAL_MS = 100
const MANY_LANES = 64

/** How long a server is set aside, ms. */
const ASIDE_MS = 20

/** @param freed called when a slot is free again that was not occupied by a request of this pool */
export function createLanes(dispatcher: Dispatcher, clock: Clock, freed: () => void): Lanes {
  const byMember = new Map<Member, Entry>()
  const byInstance = new Map<number, Changing>()
  let usual = 1
  let usualUntilMs = -Infinity

  const isFree = ({ instance, batch, held }: Lane) =>
    batch === undefined &&
    held === undefined &&
    // the dispatcher may have decided to start a request there
    instance !== undefined &&
    dispatcher.stateOf(instance) === 'idle'

  /** @param slowdown what is known of it; 1: nothing */
  function join(lane: Changing, slowdown: number): void {
    const nowMs = clock.now()
    const instance = dispatcher.join(lane.member.server.type)
    if (slowdown !== 1) dispatcher.setSlowdown(instance, slowdown, nowMs)
    lane.instance = instance
    lane.slowdown = dispatcher.slowdownOf(instance, nowMs)
    lane.held = undefined
    lane.idleMs = nowMs
    byInstance.set(instance, lane)
  }

  function leave(lane: Changing): void {
    if (lane.instance === undefined) return
    dispatcher.leave(lane.instance)
    byInstance.delete(lane.instance)
    lane.instance = undefined
  }

  function adjust(member: Member, untilMs: number): void {
    if (member.state !== 'up') return
    const { lanes, slots } = byMember.get(member)!
    const nowMs = clock.now()
    const isShared = ({ held }: Lane) => held === 'shared'
    let change = slots.takenByOthers - lanes.filter(isShared).length
    const isFewer = change < 0
    for (const lane of lanes) {
      if (change > 0 && isFree(lane)) {
        lane.held = 'shared'
        lane.idleMs = Math.max(nowMs, untilMs)
        dispatcher.hold(lane.instance!, nowMs, lane.idleMs)
        change--
      } else if (change < 0 && isShared(lane)) {
        lane.held = undefined
        lane.idleMs = nowMs
        dispatcher.complete(lane.instance!, nowMs, false)
        change++
      }
    }
    if (isFewer) freed()
  }

  return {
    get size() {
      return byInstance.size
    },
    all: () => byInstance.values(),
    at: (instance) => byInstance.get(instance)!,
    of: (member) => byMember.get(member)?.lanes ?? [],
    create(member, slots) {
      const { slots: count = 1 } = member.server
      const lanes = Array.from({ length: count }, (): Changing => {
        const idleMs = clock.now()
        return { member, instance: undefined, batch: undefined, held: undefined, idleMs, slowdown: 1 }
      })
      byMember.set(member, { lanes, slots })
    },
    join(member) {
      for (const lane of byMember.get(member)!.lanes) join(lane, 1)
      adjust(member, clock.now())
    },
    leave(member) {
      const entry = byMember.get(member)!
      entry.aside?.cancel()
      entry.aside = undefined
      for (const lane of entry.lanes) {
        leave(lane)
        lane.held = undefined
        // it may be restarted or repaired when it returns
        lane.slowdown = 1
      }
    },
    forget(member) {
      byMember.get(member)?.slots.end()
      byMember.delete(member)
    },
    begin(batch) {
      const lane = batch.lane as Changing
      lane.batch = batch
      lane.idleMs = batch.startMs + lane.slowdown * batch.tableMs
      byMember.get(lane.member)!.slots.take(lane.idleMs)
    },
    release(batch, served) {
      const lane = batch.lane as Changing
      if (lane.batch !== batch) return
      lane.batch = undefined
      lane.idleMs = clock.now()
      if (lane.instance !== undefined) {
        dispatcher.complete(lane.instance, lane.idleMs, served)
        lane.slowdown = dispatcher.slowdownOf(lane.instance, lane.idleMs)
      } else if (lane.member.state === 'up' && lane.held === undefined) {
        // it was set aside while it served
        join(lane, lane.slowdown)
        adjust(lane.member, lane.idleMs)
      }
      byMember.get(lane.member)?.slots.give()
    },
    giveUp(member) {
      const { lanes, slots } = byMember.get(member)!
      return lanes.flatMap((lane) => {
        const { batch } = lane
        if (batch === undefined) return []
        lane.batch = undefined
        slots.give()
        return batch.open
      })
    },
    setAside(member) {
      const entry = byMember.get(member)!
      if (entry.aside) return
      for (const lane of entry.lanes) {
        leave(lane)
        lane.held = 'aside'
      }
      entry.aside = clock.after(ASIDE_MS, () => {
        entry.aside = undefined
        for (const lane of entry.lanes) {
          lane.held = undefined
          if (lane.batch === undefined) join(lane, lane.slowdown)
        }
        adjust(member, clock.now())
        freed()
      })
    },
    adjust,
    refresh(nowMs) {
      for (const [instance, lane] of byInstance) lane.slowdown = dispatcher.slowdownOf(instance, nowMs)
    },
    usualSlowdown() {
      if (byInstance.size > MANY_LANES && clock.now() < usualUntilMs) return usual
      const sorted = new Float64Array(byInstance.size)
      let i = 0
      for (const { slowdown } of byInstance.values()) sorted[i++] = slowdown
      sorted.sort()
      usual = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
      usualUntilMs = clock.now() + USUAL_MS
      return usual
    },
  }
}
