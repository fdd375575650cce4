import type { MatchingRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function matching(rule: MatchingRule, { queue, fleet, bins, meanMs, nowMs }: Scene): Pair[] {
  const { coefficient, guardMs, qosMs, marginMs, missCost, nearCost, latePenalty } = rule
  const costOf = ({ bin, arrivalMs }: Query, j: number): number => {
    const { type, slowdown } = fleet[j]
    const cell = type * bins + bin
    const left = leftMs(fleet[j], nowMs)
    const cost = coefficient[type] * (left + meanMs[cell] * slowdown)
    const slack = Math.max(qosMs - (nowMs - arrivalMs), 0)
    if (slack === 0) return cost + latePenalty
    const residual = slack - left - guardMs[cell] * slowdown
    if (residual < 0) return missCost
    return residual < marginMs ? nearCost : cost
  }
  const pairs = cheapestPairs(queue.slice(0, 2 * fleet.length), fleet, costOf)
  return pairs.filter(([, j]) => !fleet[j].busy).map(([query, j]) => ({ query, instance: fleet[j] }))
}
