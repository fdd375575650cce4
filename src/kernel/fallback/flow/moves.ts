import type { Query } from '../scene.ts'
import { assign, type FlowDecision, isAdmitted, LESS, reducedCostOf, tailMs } from './decision.ts'
import { assignedTo, byArrival, levelOf } from './state.ts'

/** Most moves of a decision. */
const MOVES = 64

/** A query that goes from one type to another, and what that costs. */
export interface Move {
  readonly query: Query
  readonly to: number
  readonly cost: number
}

/**
 * The move from one type to another of the first bin, in order of what it costs more there, whose youngest query is
 * admitted. It costs (newCost + difference of reduced costs) + weight tail - saved.
 *
 * @param newCost the reduced cost of a new query that takes its place, 0 if there is none
 * @param saved the cost of waiting for the last instance that queries of `from` count on, 0 if a new one goes there
 */
export function cheapestMove(
  decision: FlowDecision,
  from: number,
  to: number,
  newCost: number,
  saved: number,
): Move | undefined {
  const { rule, scene } = decision
  const { flow } = scene
  const more = (bin: number) => reducedCostOf(decision, bin, to) - reducedCostOf(decision, bin, from)
  const waiting = assignedTo(flow, from)
  const present = [...new Set(waiting.map(({ bin }) => bin))].sort((a, b) => more(a) - more(b) || a - b)
  for (const bin of present) {
    const [youngest] = waiting.filter((query) => query.bin === bin).sort((a, b) => byArrival(b, a))
    if (!isAdmitted(decision, youngest, to, levelOf(flow, youngest))) continue
    const cost = newCost + more(bin) + rule.weight[to] * tailMs(decision, to) - saved
    return { query: youngest, to, cost }
  }
  return undefined
}

/** Moves a query, which keeps its level. */
export function move(decision: FlowDecision, { query, to }: Move): void {
  assign(decision, query, to, levelOf(decision.scene.flow, query))
}

/** Moves queries one by one, each time the one whose move saves most. */
export function rebalance(decision: FlowDecision): void {
  for (let n = 0; n < MOVES; n++) {
    const best = mostSaving(decision)
    if (!best) return
    move(decision, best)
  }
}

/** The move of least cost, if that is below 0. */
function mostSaving(decision: FlowDecision): Move | undefined {
  const { rule, scene, instances } = decision
  let best: Move | undefined
  for (const from of instances.types) {
    const waiting = assignedTo(scene.flow, from).length
    const saved = waiting > 0 ? rule.weight[from] * instances.leftMs(from, waiting - 1) : 0
    for (const to of instances.types) {
      const found = from === to ? undefined : cheapestMove(decision, from, to, 0, saved)
      if (found && found.cost < (best?.cost ?? -LESS)) best = found
    }
  }
  return best
}
