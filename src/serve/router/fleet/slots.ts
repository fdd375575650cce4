import type { Dispatcher } from '../../../dispatch/dispatcher.ts'
import type { Workload } from '../../../model/workload/workload.ts'
import type { Clock } from '../../clock.ts'
import type { Attempt, Batch, Member, Slot } from './attempt.ts'
import { createOverdue, meanQueryMs, slowdownAfter } from './overdue.ts'
import type { SharedSlots } from './shared-slots.ts'

type Changing = { -readonly [Key in keyof Slot]: Slot[Key] }

interface Entry {
  readonly slots: Changing[]
  readonly shared: SharedSlots
  /** The end of the time for which the server is set aside. */
  aside?: { cancel(): void } | undefined
}

export type Slots = ReturnType<typeof createSlots>

/** How long a server is set aside at most, ms, and as a share of the target: others of its requests wait meanwhile. */
const ASIDE_MS = 20
const ASIDE_SHARE = 0.05

/**
 * The slots of the servers of a pool. A slot of a server that is up is an instance of the dispatcher, idle or busy, of
 * which the dispatcher learns the slowdown.
 *
 * Where pools share a server, a pool holds as many of its own slots as requests of other pools occupy: then the idle
 * instances of each pool are the free slots of the server.
 *
 * @param freed called when a slot is free again that was not occupied by a request of this pool
 */
export function createSlots(dispatcher: Dispatcher, workload: Workload, clock: Clock, freed: () => void) {
  const { qosMs } = workload
  const queryMs = meanQueryMs(workload)
  const asideMs = Math.min(ASIDE_MS, ASIDE_SHARE * qosMs)
  const byMember = new Map<Member, Entry>()
  const byInstance = new Map<number, Changing>()
  const overdue = createOverdue(clock, qosMs)

  /** Whether a request can start on a slot now. */
  const isFree = ({ instance, batch, held }: Slot) =>
    batch === undefined &&
    held === undefined &&
    // the dispatcher may have decided to start a request there
    instance !== undefined &&
    dispatcher.stateOf(instance) === 'idle'

  /** @param slowdown what is known of it; 1: nothing */
  function join(slot: Changing, slowdown: number): void {
    const nowMs = clock.now()
    const instance = dispatcher.join(slot.member.server.type)
    if (slowdown !== 1) dispatcher.setSlowdown(instance, slowdown, nowMs)
    slot.instance = instance
    slot.slowdown = dispatcher.slowdownOf(instance, nowMs)
    slot.idleMs = nowMs
    byInstance.set(instance, slot)
  }

  function leave(slot: Changing): void {
    if (slot.instance === undefined) return
    dispatcher.leave(slot.instance)
    byInstance.delete(slot.instance)
    slot.instance = undefined
  }

  /** Requests of other pools occupy more or fewer slots of a server: holds as many of this pool. */
  function adjust(member: Member, untilMs: number): void {
    const { slots, shared } = byMember.get(member)!
    const nowMs = clock.now()
    const isShared = ({ held }: Slot) => held === 'shared'
    let change = shared.takenByOthers - slots.filter(isShared).length
    const isFewer = change < 0
    for (const slot of slots) {
      if (change > 0 && isFree(slot)) {
        slot.held = 'shared'
        slot.idleMs = Math.max(nowMs, untilMs)
        slot.overdueMs = overdue.expect(slot.idleMs - nowMs, 0)
        dispatcher.hold(slot.instance!, nowMs, slot.idleMs)
        change--
      } else if (change < 0 && isShared(slot)) {
        slot.held = undefined
        slot.idleMs = nowMs
        if (slot.instance === undefined) join(slot, slot.slowdown)
        else dispatcher.complete(slot.instance, nowMs, false)
        change++
      }
    }
    if (isFewer) freed()
  }

  return {
    /** Slots that get requests, now or when they are idle. */
    get size() {
      return byInstance.size
    },
    all: (): Iterable<Slot> => byInstance.values(),
    at: (instance: number): Slot => byInstance.get(instance)!,
    isFree,
    /** The slots of a server. */
    of: (member: Member): readonly Slot[] => byMember.get(member)?.slots ?? [],
    /** Creates the slots of a new server. */
    create(member: Member, shared: SharedSlots): void {
      const { slots: count = 1 } = member.server
      const slots = Array.from({ length: count }, (): Changing => {
        const idleMs = clock.now()
        const free = { instance: undefined, batch: undefined, held: undefined, overdueMs: Infinity }
        return { member, ...free, idleMs, slowdown: 1 }
      })
      byMember.set(member, { slots, shared })
    },
    /** A server gets requests from now on. */
    join(member: Member): void {
      // a slot whose last request is still to be answered joins after that
      for (const slot of byMember.get(member)!.slots) if (slot.batch === undefined) join(slot, 1)
      adjust(member, clock.now())
    },
    /** It gets none any more; the attempts on it stay. */
    leave(member: Member): void {
      const entry = byMember.get(member)!
      entry.aside?.cancel()
      entry.aside = undefined
      for (const slot of entry.slots) {
        leave(slot)
        slot.held = undefined
        // it may be restarted or repaired when it returns
        slot.slowdown = 1
      }
    },
    /** It has left for good. */
    forget(member: Member): void {
      byMember.get(member)?.shared.end()
      byMember.delete(member)
    },
    /** A slot that the dispatcher has made busy begins a batch. */
    begin(batch: Batch): void {
      const slot = batch.slot as Changing
      slot.batch = batch
      slot.idleMs = batch.startMs + slot.slowdown * batch.tableMs
      slot.overdueMs = overdue.expect(slot.slowdown * batch.tableMs, slot.slowdown * batch.longestMs)
      byMember.get(slot.member)!.shared.take(slot.idleMs)
    },
    /** It begins none: it is idle again, unless its server has been set aside since. */
    putBack({ instance }: Slot): void {
      if (instance !== undefined) dispatcher.complete(instance, clock.now(), false)
    },
    /**
     * The slot of a batch is free, unless it was before.
     *
     * @param served whether the time that it took says how fast the server is
     */
    release(batch: Batch, served: boolean): void {
      const slot = batch.slot as Changing
      if (slot.batch !== batch) return
      slot.batch = undefined
      slot.idleMs = clock.now()
      if (slot.instance !== undefined) {
        dispatcher.complete(slot.instance, slot.idleMs, served)
        slot.slowdown = dispatcher.slowdownOf(slot.instance, slot.idleMs)
      } else if (slot.member.state === 'up' && slot.held === undefined) {
        // it has left the dispatcher while it served: set aside, taken out, or overdue
        const { startMs, tableMs, member } = batch
        const learned = served
          ? slowdownAfter(slot.slowdown, slot.idleMs - startMs, tableMs, queryMs[member.type])
          : slot.slowdown
        join(slot, learned)
        adjust(slot.member, slot.idleMs)
      }
      byMember.get(slot.member)?.shared.give()
    },
    /** The open attempts on a server, which are given up: its slots are free. */
    giveUp(member: Member): Attempt[] {
      const { slots, shared } = byMember.get(member)!
      return slots.flatMap((slot) => {
        const { batch } = slot
        if (batch === undefined) return []
        slot.batch = undefined
        shared.give()
        return batch.open
      })
    },
    /**
     * A server gets no requests for a moment. Its slots leave the dispatcher, because some policies keep a request for
     * a type or an instance as long as it is there.
     */
    setAside(member: Member): void {
      const entry = byMember.get(member)!
      if (entry.aside) return
      for (const slot of entry.slots) {
        leave(slot)
        slot.held = 'aside'
      }
      entry.aside = clock.after(asideMs, () => {
        entry.aside = undefined
        for (const slot of entry.slots) {
          slot.held = undefined
          if (slot.batch === undefined) join(slot, slot.slowdown)
        }
        adjust(member, clock.now())
        freed()
      })
    },
    adjust,
    /**
     * Busy slots that are overdue leave the dispatcher until they are free. It expects them to be idle at any moment,
     * and some policies keep a request for them although another slot is idle.
     *
     * @returns 0 if slots have left, and otherwise how many ms it takes at least until one is overdue
     */
    leaveOverdue: () => overdue.forEach(byInstance.values(), leave),
    /** Updates all slowdowns. */
    refresh(nowMs: number): void {
      for (const [instance, slot] of byInstance) slot.slowdown = dispatcher.slowdownOf(instance, nowMs)
    },
  }
}
