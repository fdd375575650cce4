import type { Query } from '../scene.ts'
import { assign, type FlowDecision, LESS, reducedCostOf, tailCost, tailMs } from './decision.ts'
import { assignedTo, levelOf, oldestLate } from './state.ts'
import { byLatestStart } from './table.ts'

/** The most that putting a query before others may waste, as a share of what it costs on that type. */
const MOST_WASTED = 0.01

/** The most queries that one may be put before. */
const MOST_BEHIND = 64

/** No query is put before others once a late one has waited for so many times QoS: in overload more would be late. */
const LONGEST_LATE = 2

/** Puts a query before those that may start later, where it is (nearly) cheapest; false if there is no such place. */
export function insert(decision: FlowDecision, query: Query): boolean {
  const { rule, scene, table } = decision
  const late = oldestLate(scene.flow)
  if (late && late.arrivalMs + LONGEST_LATE * rule.qosMs < table.nowMs) return false
  let best = Infinity
  let type = -1
  for (const t of table.types) {
    const mostWasted = MOST_WASTED * rule.weight[t] * scene.meanMs[t * table.bins + query.bin]
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
function hasPlace({ scene, table }: FlowDecision, query: Query, type: number): boolean {
  const { flow } = scene
  const latest = table.latestMs(query, type, 0)
  const waiting = assignedTo(flow, type).sort(byLatestStart(flow, table, type))
  const latestOf = (other: Query) => table.latestMs(other, type, levelOf(flow, other))
  const behind = waiting.filter((other) => latestOf(other) > latest)
  const place = waiting.length - behind.length
  return (
    behind.length <= MOST_BEHIND &&
    table.isInTime(query, type, 0, place) &&
    behind.every((other, k) => table.isInTime(other, type, levelOf(flow, other), place + 1 + k))
  )
}
