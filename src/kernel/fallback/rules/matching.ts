import type { MatchingRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { prune } from '../prune.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function matching(rule: MatchingRule, scene: Scene): Pair[] {
  const { queue, fleet, nowMs } = scene
  const queries = queue.slice(0, 2 * fleet.length)
  const kept = isMonotone(rule, scene) ? prune(queries.length, fleet, nowMs) : fleet
  return matchedTo(kept, queries, rule, scene)
}

/** The pairs of the assignment to some instances that start. */
export function matchedTo(
  instances: readonly Instance[],
  queries: readonly Query[],
  rule: MatchingRule,
  { bins, meanMs, nowMs }: Scene,
): Pair[] {
  const { coefficient, guardMs, qosMs, marginMs, missCost, nearCost } = rule
  const costOf = ({ bin, arrivalMs }: Query, j: number): number => {
    const { type, slowdown } = instances[j]
    const cell = type * bins + bin
    const left = leftMs(instances[j], nowMs)
    const cost = coefficient[type] * (left + meanMs[cell] * slowdown)
    const slack = Math.max(qosMs - (nowMs - arrivalMs), 0)
    if (slack === 0) return cost
    const residual = slack - left - guardMs[cell] * slowdown
    if (residual < 0) return missCost
    return residual < marginMs ? nearCost : cost
  }
  const pairs = cheapestPairs(queries, instances, costOf)
  return pairs.filter(([, j]) => !instances[j].busy).map(([query, j]) => ({ query, instance: instances[j] }))
}

/**
 * Whether no cost falls while an instance stays busy for longer. Where means are not above guards, a pair in time costs
 * at most coefficient qos: that has to be at most nearCost, and nearCost at most missCost. Twice the cost is compared,
 * so that rounding does not matter.
 */
function isMonotone(rule: MatchingRule, { meanMs }: Scene): boolean {
  const { coefficient, guardMs, qosMs, missCost, nearCost } = rule
  const largest = 2 * Math.max(...coefficient) * qosMs
  return nearCost <= missCost && largest <= nearCost && meanMs.every((ms, cell) => ms <= guardMs[cell])
}
