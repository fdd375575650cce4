import type { DispatchRule, PartitionRule } from '../../dispatch-contract.ts'
import type { Pair, Scene } from '../scene.ts'
import { soonest } from './completion.ts'
import { mostUrgent } from './deadline.ts'
import { matched } from './matching.ts'
import { priced } from './priced.ts'

/** What a rule starts, each query and each instance at most once. */
export function startsOf(rule: DispatchRule, scene: Scene): Pair[] {
  switch (rule.kind) {
    case 'fcfs':
      return oldestFirst(scene)
    case 'matching':
      return matched(rule, scene)
    case 'priced':
      return priced(rule, scene)
    case 'deadline':
      return mostUrgent(rule, scene)
    case 'completion':
      return soonest(rule, scene)
    case 'partition':
      return apart(rule, scene)
  }
}

function oldestFirst({ queue, fleet }: Scene): Pair[] {
  const idle = fleet.filter((instance) => !instance.busy)
  return queue.slice(0, idle.length).map((query, i) => ({ query, instance: idle[i] }))
}

function apart({ groupOfType, groupOfBin }: PartitionRule, { queue, fleet }: Scene): Pair[] {
  const idle = fleet.filter((instance) => !instance.busy)
  const pairs: Pair[] = []
  for (const query of queue.slice(0, 1024)) {
    const at = idle.findIndex(({ type }) => groupOfType[type] === groupOfBin[query.bin])
    if (at >= 0) pairs.push({ query, instance: idle.splice(at, 1)[0] })
  }
  return pairs
}
