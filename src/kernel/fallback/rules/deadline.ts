import type { DeadlineRule } from '../../rules.ts'
import type { Instance, Pair, Query, Scene } from '../scene.ts'

export function deadline({ qosMs }: DeadlineRule, { queue, fleet, bins, meanMs, nowMs }: Scene): Pair[] {
  const latestStart = ({ arrivalMs, bin }: Query, { type, slowdown }: Instance) =>
    arrivalMs + qosMs - meanMs[type * bins + bin] * slowdown
  const inTime = ({ arrivalMs }: Query) => qosMs - (nowMs - arrivalMs) > 0
  const late = queue.filter((query) => !inTime(query))
  const waiting = queue.filter(inTime).slice(0, 2 * fleet.length)
  const isHopeless = (query: Query) => fleet.every((instance) => latestStart(query, instance) < nowMs)
  const pairs: Pair[] = []
  for (const instance of fleet) {
    if (instance.busy) continue
    let chosen: Query | undefined
    for (const query of waiting) {
      const latest = latestStart(query, instance)
      if (latest < nowMs || (chosen && latestStart(chosen, instance) <= latest)) continue
      chosen = query
    }
    const query = chosen ?? late.shift() ?? waiting.find(isHopeless)
    if (!query) continue
    if (waiting.includes(query)) waiting.splice(waiting.indexOf(query), 1)
    pairs.push({ query, instance })
  }
  return pairs
}
