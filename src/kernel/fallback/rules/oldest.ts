import type { OldestRule } from '../../rules.ts'
import { hasRoom, pairsOf } from '../batch.ts'
import type { Pair, Scene } from '../scene.ts'

export function oldest({ batchSize, largest }: OldestRule, { queue, fleet }: Scene): Pair[] {
  const waiting = [...queue]
  const pairs: Pair[] = []
  for (const instance of fleet) {
    if (instance.busy || waiting.length === 0) continue
    const members = [waiting.shift()!]
    let total = batchSize[members[0].bin]
    while (waiting.length > 0) {
      const size = batchSize[waiting[0].bin]
      if (!hasRoom(members.length, total, size, largest[instance.type])) break
      members.push(waiting.shift()!)
      total += size
    }
    pairs.push(...pairsOf(batchSize, members, instance))
  }
  return pairs
}
