import type { Query } from '../scene.ts'
import type { FlowDecision } from './decision.ts'
import { byLatestStart } from './instances.ts'
import { assignedTo, byArrival, oldestLate, takeOut } from './state.ts'

/** About how many late queries that wait a decision looks at: in larger fleets each stands for several. */
const LOOKED_AT = 64

/** Starts late queries that have waited for QoS, oldest first, as long as queries may be late. */
export function startOverdue(decision: FlowDecision): void {
  const { rule, scene, instances } = decision
  while (scene.flow.allowance >= 1) {
    const query = oldestLate(scene.flow)
    if (!query || query.arrivalMs + rule.qosMs >= scene.nowMs) return
    const type = cheapestFor(decision, query, () => 0)
    if (instances.idle(type).length === 0) return
    start(decision, query, type)
  }
}

/** Starts queries that are assigned to a type on its idle instances, those with the earliest latest start first. */
export function startAssigned(decision: FlowDecision, type: number): void {
  const { scene, instances } = decision
  for (const query of assignedTo(scene.flow, type).sort(byLatestStart(scene.flow, instances, type))) {
    if (instances.idle(type).length === 0) return
    start(decision, query, type)
  }
}

/**
 * Starts late queries, oldest first, where that is cheapest, until that is a type without an idle instance. If there
 * are more late queries than instances, one that waits for such a type stays ahead of those that follow.
 */
export function startLate(decision: FlowDecision): void {
  const { scene, instances } = decision
  const { flow, fleet } = scene
  const isBacklog = flow.late.size > fleet.length
  const waiting = instances.types.map(() => 0)
  const stride = Math.ceil(fleet.length / LOOKED_AT)
  const late = [...flow.late].sort(byArrival)
  const leftMs = (type: number) => instances.leftMs(type, assignedTo(flow, type).length + waiting[type])
  for (let waited = 0; waited < late.length && instances.types.some((t) => instances.idle(t).length > 0); ) {
    const type = cheapestFor(decision, late[waited], leftMs)
    if (instances.idle(type).length > 0) {
      const [query] = late.splice(waited, 1)
      start(decision, query, type)
    } else if (isBacklog) {
      waiting[type] += stride
      waited += stride
    } else return
  }
}

/** The type on which a late query costs least; nothing is lost by missing its target again. */
function cheapestFor(
  { rule, scene, instances }: FlowDecision,
  { bin }: Query,
  waitsMs: (type: number) => number,
) {
  const cost = (t: number) => rule.weight[t] * (waitsMs(t) + scene.meanMs[t * scene.bins + bin])
  const there = instances.types.filter((t) => instances.isThere(t))
  return there.reduce((least, t) => (cost(t) < cost(least) ? t : least))
}

function start({ scene, instances }: FlowDecision, query: Query, type: number): void {
  takeOut(scene.flow, query)
  instances.start(query, type)
}
