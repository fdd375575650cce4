import type { MatchingRule } from '../../dispatch-contract.ts'
import { assign } from '../assignment.ts'
import { leftMs, type Pair, type Scene } from '../scene.ts'

export function matched(rule: MatchingRule, { queue, fleet, bins, meanMs, nowMs }: Scene): Pair[] {
  const { coefficient, guardMs, qosMs, marginMs, missCost, nearCost, latePenalty } = rule
  const first = queue.slice(0, 2 * fleet.length)
  const cost = new Float64Array(first.length * fleet.length)
  first.forEach(({ bin, arrivalMs }, i) => {
    const slack = Math.max(qosMs - (nowMs - arrivalMs), 0)
    fleet.forEach((instance, j) => {
      const { type, slowdown } = instance
      const left = leftMs(instance, nowMs)
      const residual = slack - left - guardMs[type * bins + bin] * slowdown
      const usual = coefficient[type] * (left + meanMs[type * bins + bin] * slowdown)
      let price = usual
      if (slack === 0) price = usual + latePenalty
      else if (residual < 0) price = missCost
      else if (residual < marginMs) price = nearCost
      cost[i * fleet.length + j] = price
    })
  })
  const { rows, cols } = assign({ cost, rows: first.length, cols: fleet.length })
  const pairs = Array.from(rows, (row, k) => ({ query: first[row], instance: fleet[cols[k]] }))
  return pairs.filter(({ instance }) => !instance.busy)
}
