/** Live queries that are in time by safe times nowhere any more, and start at a risk. */
import { leftMs, serviceOf } from '../scene.ts'
import { type Decision, liveOf, slackOf, start } from './decision.ts'

/** The most live queries that are looked at, oldest first. */
const LOOKED_AT = 16

/**
 * Step 5. Each query counts on the instance where it finishes first of those on which it is in time by its safe time,
 * behind the queries that count on that one already, in their cheapest mode. One that can count on none starts alone,
 * where that is fastest: on an idle instance that nothing counts on, if it is in time there by the mean.
 */
export function startAtRisk(decision: Decision): void {
  const { rule, scene, idle, started } = decision
  const { fleet, bins, nowMs } = scene
  const left = fleet.map((instance) => {
    const batch = started.get(instance)
    return batch ? batch.finishMs - nowMs : leftMs(instance, nowMs)
  })
  const all = Array.from(fleet.keys())
  const least = (among: readonly number[], ms: (j: number) => number) =>
    among.reduce((best, j) => (ms(j) < ms(best) ? j : best))
  for (const query of liveOf(decision).slice(0, LOOKED_AT)) {
    if (idle.size === 0) return
    const slackMs = slackOf(decision, query)
    const serviceMs = (j: number) => serviceOf(scene, query.bin, fleet[j])
    const isSafe = (j: number) => {
      const { type, slowdown } = fleet[j]
      return left[j] + rule.guardMs[type * bins + query.bin] * slowdown <= slackMs
    }
    const safe = all.filter(isSafe)
    if (safe.length > 0) {
      const soonest = least(safe, (j) => left[j] + serviceMs(j))
      left[soonest] += rule.queryCost[query.bin] / rule.weight[fleet[soonest].type]
      continue
    }
    const free = all.filter((j) => idle.has(fleet[j]) && !(left[j] > 0) && serviceMs(j) <= slackMs)
    if (free.length === 0) continue
    const fastest = least(free, serviceMs)
    left[fastest] = serviceMs(fastest)
    start(decision, [query], fleet[fastest])
  }
}
