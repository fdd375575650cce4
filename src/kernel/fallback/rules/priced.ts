import type { PricedRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { isLight, startOnSoonestInstance } from '../light.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function priced(rule: PricedRule, scene: Scene): Pair[] {
  const { queue, fleet, bins, meanMs, nowMs, slowdowns } = scene
  const { weight, reducedCost, guardMs, looseGuardMs, qosMs, looseCost, missCost } = rule
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const isInTime = (query: Query) => qosMs - (nowMs - query.arrivalMs) > 0

  const placementOf = ({ bin }: Query, j: number): number => {
    const { type, slowdown } = fleet[j]
    const cell = type * bins + bin
    return weight[type] * left[j] + (reducedCost[cell] + weight[type] * meanMs[cell] * (slowdown - 1))
  }
  const costOf = (query: Query, j: number): number => {
    const { type, slowdown } = fleet[j]
    const cell = type * bins + query.bin
    const age = nowMs - query.arrivalMs
    const rest = qosMs - age - left[j]
    const stretch = slowdowns.ofQuantiles[type] * slowdown
    if (rest - guardMs[cell] * stretch >= 0) return placementOf(query, j) - age
    return rest - looseGuardMs[cell] * stretch >= 0 ? looseCost : missCost
  }

  const serviceOn = ({ bin }: Query, { type, slowdown }: Instance) =>
    meanMs[type * bins + bin] * slowdowns.ofMeans[type] * slowdown

  const totalWeight = (instances: readonly Instance[]) =>
    instances.reduce((sum, { type }) => sum + weight[type], 0)

  const pairs: Pair[] = []
  const idle = new Set(Array.from(fleet.keys()).filter((j) => !fleet[j].busy))
  const start = (query: Query, j: number): void => {
    if (!idle.delete(j)) return
    pairs.push({ query, instance: fleet[j] })
    left[j] = Math.max(0, nowMs + serviceOn(query, fleet[j]) - nowMs)
  }
  if (queue.every(isInTime) && isLight(rule, scene, totalWeight)) {
    const isComplete = startOnSoonestInstance(scene, rule, (query, instance) =>
      start(query, fleet.indexOf(instance)),
    )
    if (isComplete) return pairs
  }
  const isPending = (query: Query) => pairs.every((pair) => pair.query !== query)
  const first = queue.filter((query) => isPending(query) && isInTime(query)).slice(0, 2 * fleet.length)
  for (const [query, j] of cheapestPairs(first, fleet, costOf)) start(query, j)

  const late = queue.filter((query) => !isInTime(query)).slice(0, fleet.length)
  for (const query of late) {
    if (idle.size === 0) break
    const placements = fleet.map((_, j) => placementOf(query, j))
    start(query, placements.indexOf(Math.min(...placements)))
  }
  return pairs
}
