import type { FcfsRule } from '../../rules.ts'
import type { Pair, Scene } from '../scene.ts'

export function fcfs(_rule: FcfsRule, { queue, fleet }: Scene): Pair[] {
  const idle = fleet.filter((instance) => !instance.busy)
  return queue.slice(0, idle.length).map((query, i) => ({ query, instance: idle[i] }))
}
