import type { Level, Query } from '../scene.ts'
import { admit } from './admit.ts'
import { type FlowDecision, makeLate } from './decision.ts'
import { insert } from './insert.ts'
import { byLatestStart } from './instances.ts'
import { assignedTo, levelOf, takeOut } from './state.ts'

/** Assigns a query by a guard or a looser one; one that no type admits is stalled, or late. */
export function settle(decision: FlowDecision, query: Query, level: Level): void {
  if (level === 0 && admit(decision, query, 0)) return
  if (admit(decision, query, 1)) return
  if (level === 0 && insert(decision, query)) return
  if (hasHope(decision, query)) stall(decision, query)
  else makeLate(decision, query)
}

/** Whether a query may still start on some type, by the loose guard. */
function hasHope({ scene, instances }: FlowDecision, query: Query): boolean {
  return instances.types.some((t) => instances.isThere(t) && instances.latestMs(query, t, 1) >= scene.nowMs)
}

function stall({ scene: { flow } }: FlowDecision, query: Query): void {
  takeOut(flow, query)
  flow.stalled.add(query)
}

/** Assigns queries past their latest start on a type again, by the loose guard; those that had it are late. */
export function reassign(decision: FlowDecision, type: number): void {
  const { scene, instances } = decision
  const { flow } = scene
  for (;;) {
    const [first] = assignedTo(flow, type).sort(byLatestStart(flow, instances, type))
    if (!first) return
    const level = levelOf(flow, first)
    if (instances.latestMs(first, type, level) >= scene.nowMs) return
    takeOut(flow, first)
    if (level === 0) settle(decision, first, 1)
    else makeLate(decision, first)
  }
}
