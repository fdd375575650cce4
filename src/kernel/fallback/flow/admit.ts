import type { Level, Query } from '../scene.ts'
import { assign, type FlowDecision, isAdmitted, LESS, reducedCostOf, tailCost, tailMs } from './decision.ts'
import { cheapestMove, type Move, move } from './moves.ts'
import { assignedTo } from './state.ts'

/** Where a query may be assigned, and what that costs. */
interface Place {
  readonly type: number
  readonly cost: number
  /** The query whose place it takes, which moves to another type; absent: it goes to the tail. */
  readonly pushed?: Move
}

/**
 * Assigns a query where that is cheapest: at the tail of a type, or in the place of another query, which moves to
 * another type. Whether there is such a type.
 */
export function admit(decision: FlowDecision, query: Query, level: Level): boolean {
  const atTail = cheapestTail(decision, query, level)
  // up to 64 stalled queries are tried again in each decision: looking for a query to move takes too long for so many
  if (!atTail && decision.scene.flow.stalled.has(query)) return false
  const place = cheapestPush(decision, query, level, atTail?.cost ?? Infinity) ?? atTail
  if (!place) return false
  if (place.pushed) move(decision, place.pushed)
  assign(decision, query, place.type, level)
  return true
}

/** The cheapest tail of the types that admit a query. */
function cheapestTail(decision: FlowDecision, query: Query, level: Level): Place | undefined {
  let best: Place | undefined
  for (const type of decision.instances.types) {
    if (!isAdmitted(decision, query, type, level)) continue
    const cost = tailCost(decision, query.bin, type)
    if (cost < (best?.cost ?? Infinity) - LESS) best = { type, cost }
  }
  return best
}

/** The cheapest place of another query, which moves to another type, if it costs less than `limit`. */
function cheapestPush(decision: FlowDecision, query: Query, level: Level, limit: number): Place | undefined {
  const { scene, instances } = decision
  let best: Place | undefined
  for (const type of instances.types) {
    const others = assignedTo(scene.flow, type).length
    const isFull = !isAdmitted(decision, query, type, level)
    if (others === 0 || (isFull && !instances.isInTime(query, type, level, others - 1))) continue
    for (const to of instances.types) {
      // a query moves from a full type only where it need not wait: in overload other moves gain nothing
      if (to === type || (isFull && tailMs(decision, to) > 0)) continue
      const pushed = cheapestMove(decision, type, to, reducedCostOf(decision, query.bin, type), 0)
      if (!pushed || !(pushed.cost < (best?.cost ?? limit) - LESS)) continue
      best = { type, cost: pushed.cost, pushed }
    }
  }
  return best
}
