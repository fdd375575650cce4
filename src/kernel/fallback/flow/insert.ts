import type { Query } from '../scene.ts'
import { assign, type FlowDecision, LESS, reducedCostOf, tailCost, tailMs } from './decision.ts'
import { byLatestStart } from './instances.ts'
import { assignedTo, levelOf, oldestLate } from './state.ts'

/** The most that putting a query before others may waste, as a share of what it costs on that type. */
const MOST_WASTED = 0.01

/** The most queries that one may be put before. */
const MOST_BEHIND = 64

/** No query is put before others once a late one has waited for so many times QoS: in overload more would be late. */
const LONGEST_LATE = 2

/** Puts a query before those that may start later, where it is (nearly) cheapest; false if there is no such place. */
export function insert(decision: FlowDecision, query: Query): boolean {
  const { rule, scene, instances } = decision
  const late = oldestLate(scene.flow)
  if (late && late.arrivalMs + LONGEST_LATE * rule.qosMs < scene.nowMs) return false
  let best = Infinity
  let type = -1
  for (const t of instances.types) {
    const mostWasted = MOST_WASTED * rule.weight[t] * scene.meanMs[t * scene.bins + query.bin]
    if (tailMs(decision, t) === Infinity || reducedCostOf(decision, query.bin, t) > mostWasted) continue
    const cost = tailCost(decision, query.bin, t)
    if (!(cost < best - LESS) || !hasPlace(decision, query, t)) continue
    best = cost
    type = t
  }
  if (type < 0) return false
  assign(decision, query, type, 0)
  return true
}

/** Whether all stay in time if a query is put before those that may start later. */
function hasPlace({ scene, instances }: FlowDecision, query: Query, type: number): boolean {
  const { flow } = scene
  const latest = instances.latestMs(query, type, 0)
  const waiting = assignedTo(flow, type).sort(byLatestStart(flow, instances, type))
  const latestOf = (other: Query) => instances.latestMs(other, type, levelOf(flow, other))
  const behind = waiting.filter((other) => latestOf(other) > latest)
  const place = waiting.length - behind.length
  return (
    behind.length <= MOST_BEHIND &&
    instances.isInTime(query, type, 0, place) &&
    behind.every((other, k) => instances.isInTime(other, type, levelOf(flow, other), place + 1 + k))
  )
}
