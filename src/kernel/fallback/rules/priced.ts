import type { PricedRule } from '../../dispatch-contract.ts'
import { assign } from '../assignment.ts'
import { leftMs, type Pair, type Query, type Scene } from '../scene.ts'

export function priced(rule: PricedRule, scene: Scene): Pair[] {
  const { queue, fleet, bins, meanMs, nowMs, slowdowns } = scene
  const { weight, reducedCost, guardMs, lastGuardMs, qosMs, nearCost, missCost } = rule
  const inTime = (query: Query) => qosMs - (nowMs - query.arrivalMs) > 0
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const costOf = (bin: number, j: number) => {
    const { type, slowdown } = fleet[j]
    const cell = type * bins + bin
    return weight[type] * left[j] + (reducedCost[cell] + weight[type] * meanMs[cell] * (slowdown - 1))
  }

  const first = queue.filter(inTime).slice(0, 2 * fleet.length)
  const cost = new Float64Array(first.length * fleet.length)
  first.forEach(({ bin, arrivalMs }, i) => {
    const age = nowMs - arrivalMs
    fleet.forEach(({ type, slowdown }, j) => {
      const cell = type * bins + bin
      const rest = qosMs - age - left[j]
      let price = costOf(bin, j) - age
      const stretch = slowdowns.ofQuantiles[type] * slowdown
      const isNear = rest - guardMs[cell] * stretch < 0
      const isMissed = rest - lastGuardMs[cell] * stretch < 0
      if (isNear) price = isMissed ? missCost : nearCost
      cost[i * fleet.length + j] = price
    })
  })
  const { rows, cols } = assign({ cost, rows: first.length, cols: fleet.length })
  const pairs: Pair[] = []
  const idle = new Set(Array.from(fleet.keys()).filter((j) => !fleet[j].busy))
  const start = (query: Query, j: number) => {
    if (!idle.delete(j)) return
    pairs.push({ query, instance: fleet[j] })
    const { type, slowdown } = fleet[j]
    const serviceMs = meanMs[type * bins + query.bin] * slowdowns.ofMeans[type] * slowdown
    left[j] = Math.max(0, nowMs + serviceMs - nowMs)
  }
  rows.forEach((row, k) => {
    start(first[row], cols[k])
  })

  const late = queue.filter((query) => !inTime(query)).slice(0, fleet.length)
  for (const query of late) {
    if (idle.size === 0) break
    const costs = fleet.map((_, j) => costOf(query.bin, j))
    start(query, costs.indexOf(Math.min(...costs)))
  }
  return pairs
}
