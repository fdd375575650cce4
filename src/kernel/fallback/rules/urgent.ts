import type { UrgentRule } from '../../rules.ts'
import { binOfTotal, hasRoom, oldestThatFit, pairsOf } from '../batch.ts'
import type { Instance, Pair, Query, Scene } from '../scene.ts'

export function urgent(rule: UrgentRule, { queue, fleet, bins, meanMs, nowMs }: Scene): Pair[] {
  const { qosMs, batchSize, largest } = rule
  // of a query, or of a batch of a bin whose oldest query it is
  const latestStart = ({ arrivalMs }: Query, bin: number, { type, slowdown }: Instance) =>
    arrivalMs + qosMs - meanMs[type * bins + bin] * slowdown
  const isHopeless = (query: Query) =>
    fleet.every((instance) => latestStart(query, query.bin, instance) < nowMs)
  const waiting = [...queue]
  const pairs: Pair[] = []
  for (const instance of fleet) {
    if (instance.busy) continue
    let seed: Query | undefined
    for (const query of waiting) {
      const latest = latestStart(query, query.bin, instance)
      if (latest < nowMs || (seed && latestStart(seed, seed.bin, instance) <= latest)) continue
      seed = query
    }
    const members = seed
      ? inTimeWith(seed, instance)
      : oldestThatFit(waiting.filter(isHopeless), batchSize, largest[instance.type])
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
      if (latestStart(first, binOfTotal(batchSize, total + size), instance) < nowMs) return
      members.push(query)
      total += size
      oldest = first
    })
    return members
  }
}
