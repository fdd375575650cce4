import { type Instance, leftMs } from './scene.ts'

/**
 * The instances that a minimum-cost assignment of some queries can use: without others it is the same, ties too.
 *
 * Instances of one type and slowdown differ only in how long they stay busy, and no cost may fall with that time. Of
 * two that are not assigned, the one that is idle no later and stands first costs no more for any query, and wins ties.
 * Of P queries fewer than P are assigned before the last one, so an instance with P such others before it is never
 * chosen.
 * The first P instances are all kept, and do not count for others: ties have another order there.
 */
export function prune(queries: number, fleet: readonly Instance[], nowMs: number): Instance[] {
  const soonest = new Map<string, number[]>()
  return fleet.filter((instance, position) => {
    if (position < queries) return true
    const left = leftMs(instance, nowMs)
    const key = `${instance.type} ${instance.slowdown}`
    const before = soonest.get(key) ?? []
    soonest.set(key, before)
    const at = before.findLastIndex((other) => other <= left) + 1
    if (at >= queries) return false
    before.splice(at, 0, left)
    return true
  })
}
