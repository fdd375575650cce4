import type { PartitionRule } from '../../rules.ts'
import type { Pair, Scene } from '../scene.ts'

/** Pending queries that are looked at. */
const LOOKED_AT = 1024

export function partition({ groupOfType, groupOfBin }: PartitionRule, { queue, fleet }: Scene): Pair[] {
  const idle = fleet.filter((instance) => !instance.busy)
  const pairs: Pair[] = []
  for (const query of queue.slice(0, LOOKED_AT)) {
    const at = idle.findIndex(({ type }) => groupOfType[type] === groupOfBin[query.bin])
    if (at >= 0) pairs.push({ query, instance: idle.splice(at, 1)[0] })
  }
  return pairs
}
