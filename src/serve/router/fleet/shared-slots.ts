/**
 * The slots of servers that several pools share: models at one address. A request of one model occupies a slot of the
 * server, so that the other pools have one less.
 */

/** Pools that share servers have one table. */
export type SlotTable = ReturnType<typeof createSlotTable>

/** A pool's view of the slots of one server. */
export type SharedSlots = ReturnType<SlotTable['share']>

interface Sharer {
  taken: number
  readonly changed: (untilMs: number) => void
}

export function createSlotTable() {
  const byAddress = new Map<string, Set<Sharer>>()
  return {
    /**
     * Adds a pool to those that share a server.
     *
     * @param changed called when a request of another pool has taken a slot, or freed one
     */
    share(address: string, changed: (untilMs: number) => void) {
      const sharers = byAddress.get(address) ?? new Set()
      byAddress.set(address, sharers)
      const own: Sharer = { taken: 0, changed }
      sharers.add(own)
      const tellOthers = (untilMs: number) => {
        for (const sharer of [...sharers]) if (sharer !== own) sharer.changed(untilMs)
      }
      return {
        /** Slots that requests of the other pools occupy. */
        get takenByOthers() {
          let taken = 0
          for (const sharer of sharers) if (sharer !== own) taken += sharer.taken
          return taken
        },
        /** A request of this pool occupies a slot. @param untilMs when the slot is expected to be free */
        take(untilMs: number): void {
          own.taken++
          tellOthers(untilMs)
        },
        /** One of its slots is free. */
        give(): void {
          own.taken--
          tellOthers(0)
        },
        /** The pool no longer has this server, and occupies none of its slots. */
        end(): void {
          sharers.delete(own)
          if (sharers.size === 0) byAddress.delete(address)
        },
      }
    },
  }
}
