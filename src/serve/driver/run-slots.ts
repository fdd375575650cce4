import type { Dispatcher } from '../../dispatch/dispatcher.ts'

interface RunSlotsOptions {
  readonly dispatcher: Pick<Dispatcher, 'join' | 'leave' | 'complete'>
  /** The server of each slot. */
  readonly serverOf: ArrayLike<number>
  typeOf(slot: number): string
  isLost(server: number): boolean
}

/**
 * The slots of the servers of a run. Each is an instance of the dispatcher, which has all of them at the start, and
 * none of a server that is lost.
 */
export function createRunSlots({ dispatcher, serverOf, typeOf, isLost }: RunSlotsOptions) {
  /** The slot of each instance of the dispatcher. A slot that returns may get another instance number. */
  const slotOf = Array.from(serverOf, (_, slot) => slot)
  /** The instance of each slot; undefined while it has left the dispatcher. */
  const instanceOf: (number | undefined)[] = [...slotOf]
  /** Slots with a batch under way. */
  const busy = new Set<number>()

  function join(slot: number): void {
    const instance = dispatcher.join(typeOf(slot))
    instanceOf[slot] = instance
    slotOf[instance] = slot
  }

  return {
    /** An instance begins a batch. @returns its slot */
    begin(instance: number): number {
      const slot = slotOf[instance]
      busy.add(slot)
      return slot
    },
    /** The slot of a batch is idle. @returns how long it was busy, ms; 0 if it has left the dispatcher meanwhile */
    end(slot: number, finishedMs: number, isServed: boolean): number {
      busy.delete(slot)
      const instance = instanceOf[slot]
      if (instance !== undefined) return dispatcher.complete(instance, finishedMs, isServed)
      if (!isLost(serverOf[slot])) join(slot)
      return 0
    },
    /** The slots of a server leave the dispatcher. */
    leave(server: number): void {
      instanceOf.forEach((instance, slot) => {
        if (serverOf[slot] !== server || instance === undefined) return
        dispatcher.leave(instance)
        instanceOf[slot] = undefined
      })
    },
    /** They return; those with a batch under way, once it has ended. */
    takeBack(server: number): void {
      instanceOf.forEach((_, slot) => {
        if (serverOf[slot] === server && !busy.has(slot)) join(slot)
      })
    },
  }
}
