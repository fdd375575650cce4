import { scramble } from '../../../model/scramble.ts'
import type { CompletionRule } from '../../rules.ts'
import { idlePositions } from '../fleet.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function completion(
  { drawn, seed }: CompletionRule,
  { queue, fleet, bins, meanMs, nowMs }: Scene,
): Pair[] {
  const serviceMs = ({ bin }: Query, { type, slowdown }: Instance) => meanMs[type * bins + bin] * slowdown
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const idle = idlePositions(fleet)
  const all = Array.from(fleet.keys())
  const pairs: Pair[] = []
  for (const query of queue.slice(0, 2 * fleet.length)) {
    if (idle.size === 0) break
    const finish = (j: number) => left[j] + serviceMs(query, fleet[j])
    const asked = drawn === 0 ? all : twoOf(fleet.length, query.query, seed)
    const chosen = asked.reduce((best, j) => (finish(j) < finish(best) ? j : best))
    left[chosen] = finish(chosen)
    if (idle.delete(chosen)) pairs.push({ query, instance: fleet[chosen] })
  }
  return pairs
}

/** Two numbers below `count` drawn for a query; one where there is no other. */
function twoOf(count: number, query: number, seed: number): number[] {
  const hash = scramble(scramble(seed) ^ query)
  const one = hash % count
  if (count === 1) return [one]
  return [one, (one + 1 + (scramble(hash + 1) % (count - 1))) % count]
}
