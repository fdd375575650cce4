import type { UrgentRule } from '../../rules.ts'
import { binOfTotal, hasRoom, oldestThatFit, pairsOf } from '../batch.ts'
import type { Instance, Pair, Query, Scene } from '../scene.ts'
import { isHopeless, latestStart, mostUrgent } from './deadline.ts'

export function urgent(rule: UrgentRule, scene: Scene): Pair[] {
  const { qosMs, batchSize, largest } = rule
  const { queue, fleet, nowMs } = scene
  const waiting = [...queue]
  const pairs: Pair[] = []
  for (const instance of fleet) {
    if (instance.busy) continue
    const seed = mostUrgent(scene, instance, waiting, qosMs)
    const members = seed
      ? inTimeWith(seed, instance)
      : oldestThatFit(
          batchSize,
          waiting.filter((query) => isHopeless(scene, query, qosMs)),
          largest[instance.type],
        )
    for (const query of members) waiting.splice(waiting.indexOf(query), 1)
    pairs.push(...pairsOf(batchSize, members, instance))
  }
  return pairs

  /** The batch around a query, in order of arrival. */
  function inTimeWith(seed: Query, instance: Instance): Query[] {
    const at = waiting.indexOf(seed)
    const members: Query[] = []
    let total = batchSize[seed.bin]
    let oldest = seed
    waiting.forEach((query, i) => {
      if (query === seed) {
        members.push(seed)
        return
      }
      const size = batchSize[query.bin]
      const others = members.length + (i < at ? 1 : 0)
      if (!hasRoom(others, total, size, largest[instance.type])) return
      const first = members.length === 0 ? query : oldest
      const bin = binOfTotal(batchSize, total + size)
      if (latestStart(scene, first, bin, instance, qosMs) < nowMs) return
      members.push(query)
      total += size
      oldest = first
    })
    return members
  }
}
