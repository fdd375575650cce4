import type { PricedRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { isLight, startOnSoonestInstance } from '../light.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene, serviceOf } from '../scene.ts'

export function priced(rule: PricedRule, scene: Scene): Pair[] {
  const { queue, fleet, bins, meanMs, nowMs, slowdowns } = scene
  const { weight, reducedCost, guardMs, looseGuardMs, longestLateMs, qosMs, looseCost, missCost } = rule
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const isInTime = (query: Query) => qosMs - (nowMs - query.arrivalMs) > 0

  const placementOf = ({ bin }: Query, j: number): number => {
    const { type, slowdown } = fleet[j]
    const cell = type * bins + bin
    return weight[type] * left[j] + (reducedCost[cell] + weight[type] * meanMs[cell] * (slowdown - 1))
  }
  /** Whether an instance that is idle after some time serves a query within the target, by one of its two quantiles. */
  const isServed = ({ arrivalMs, bin }: Query, j: number, idleMs: number, quantileMs: Float64Array) => {
    const { type, slowdown } = fleet[j]
    const rest = qosMs - (nowMs - arrivalMs) - idleMs
    return rest - quantileMs[type * bins + bin] * (slowdowns.ofQuantiles[type] * slowdown) >= 0
  }
  const costOf = (query: Query, j: number): number => {
    if (isServed(query, j, left[j], guardMs)) return placementOf(query, j) - (nowMs - query.arrivalMs)
    return isServed(query, j, left[j], looseGuardMs) ? looseCost : missCost
  }

  const serviceOn = ({ bin }: Query, instance: Instance) => serviceOf(scene, bin, instance)

  const pairs: Pair[] = []
  const idle = new Set(Array.from(fleet.keys()).filter((j) => !fleet[j].busy))
  const start = (query: Query, j: number): void => {
    if (!idle.delete(j)) return
    pairs.push({ query, instance: fleet[j] })
    left[j] = Math.max(0, nowMs + serviceOn(query, fleet[j]) - nowMs)
  }
  if (queue.every(isInTime) && isLight(scene, rule)) {
    const isComplete = startOnSoonestInstance(scene, rule, (query, instance) =>
      start(query, fleet.indexOf(instance)),
    )
    if (isComplete) return pairs
  }
  const isPending = (query: Query) => pairs.every((pair) => pair.query !== query)
  const first = queue.filter((query) => isPending(query) && isInTime(query)).slice(0, 2 * fleet.length)
  const matched = cheapestPairs(first, fleet, costOf).map(([query, j]) => ({
    query,
    j,
    isLate: !isServed(query, j, left[j], looseGuardMs),
  }))
  // the time until each instance is idle again after the query that it is matched with
  const later = left.slice()
  for (const { query, j, isLate } of matched) if (!isLate) later[j] += serviceOn(query, fleet[j])
  /** Whether an instance serves a query in time when it is idle again; the first one then has that query ahead too. */
  const isInTimeLater = (query: Query): boolean => {
    // an idle instance that starts nothing now has no completion, at which the query could start
    const at = later.findIndex(
      (idleMs, j) => (fleet[j].busy || idleMs > 0) && isServed(query, j, idleMs, guardMs),
    )
    if (at >= 0) later[at] += serviceOn(query, fleet[at])
    return at >= 0
  }
  const leftOver: Query[] = []
  for (const { query, j, isLate } of matched) {
    if (!idle.has(j) || (isLate && first.length > 1 && isInTimeLater(query))) continue
    const cell = fleet[j].type * bins + query.bin
    if (isLate && meanMs[cell] > longestLateMs[cell]) {
      leftOver.push(query)
      continue
    }
    if (isLate) later[j] += serviceOn(query, fleet[j])
    start(query, j)
  }

  /** Each query starts on the instance with its least placement, if that is idle. */
  const startWhereCheapest = (queries: readonly Query[], isBacklog: boolean): void => {
    const matchedLeft = left.slice()
    for (const query of queries) {
      if (idle.size === 0) break
      const placements = fleet.map((_, j) => placementOf(query, j))
      const j = placements.indexOf(Math.min(...placements))
      if (idle.has(j)) {
        start(query, j)
        matchedLeft[j] = left[j]
        left[j] = serviceOn(query, fleet[j])
      } else if (isBacklog) {
        // it stays ahead of those that follow, so that these find other instances
        left[j] += serviceOn(query, fleet[j])
      }
    }
    left.splice(0, left.length, ...matchedLeft)
  }
  startWhereCheapest(leftOver, false)
  const late = queue.filter((query) => !isInTime(query))
  startWhereCheapest(late.slice(0, fleet.length), late.length > fleet.length)
  return pairs
}
