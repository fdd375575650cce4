import type { PricedRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { isLight } from '../light.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function priced(rule: PricedRule, scene: Scene): Pair[] {
  const { queue, fleet, bins, meanMs, nowMs, slowdowns } = scene
  const { weight, reducedCost, guardMs, lastGuardMs, qosMs, nearCost, missCost } = rule
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
    return rest - lastGuardMs[cell] * stretch >= 0 ? nearCost : missCost
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
  /** Starts queries where they finish first. Whether each of them is in time somewhere. */
  const startSoonest = (): boolean => {
    const ahead = left.slice()
    for (const query of queue) {
      if (idle.size === 0) return true
      const isSafe = (j: number) => {
        const { type, slowdown } = fleet[j]
        const stretch = slowdowns.ofQuantiles[type] * slowdown
        const slack = qosMs - (nowMs - query.arrivalMs)
        return slack - ahead[j] - guardMs[type * bins + query.bin] * stretch >= 0
      }
      const finish = (j: number) => ahead[j] + serviceOn(query, fleet[j])
      const safe = Array.from(fleet.keys()).filter(isSafe)
      if (safe.length === 0) return false
      const soonest = safe.reduce((best, j) => (finish(j) < finish(best) ? j : best))
      ahead[soonest] = finish(soonest)
      start(query, soonest)
    }
    return true
  }

  if (queue.every(isInTime) && isLight(rule, scene, totalWeight) && startSoonest()) return pairs
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
