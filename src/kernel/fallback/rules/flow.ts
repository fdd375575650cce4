import type { FlowRule } from '../../rules.ts'
import { makeLate } from '../flow/decision.ts'
import { flowInstances } from '../flow/instances.ts'
import { isLight, startOnSoonestType } from '../flow/light.ts'
import { rebalance } from '../flow/moves.ts'
import { reassign, settle } from '../flow/settle.ts'
import { startAssigned, startLate, startOverdue } from '../flow/starts.ts'
import { byArrival, takeOut } from '../flow/state.ts'
import type { FlowState, Pair, Query, Scene } from '../scene.ts'

/** Guards are computed anew when a slowdown has changed by more than this share. */
const DRIFT = 0.02

/** Most stalled queries that a decision tries. */
const TRIED = 64

export function flow(rule: FlowRule, scene: Scene): Pair[] {
  const { queue, fleet, flow: state, nowMs, slowdowns } = scene
  if (fleet.every(({ busy }) => busy)) return []
  const { ofQuantiles } = slowdowns
  const hasDrifted = (stretch: number, type: number) =>
    ofQuantiles[type] > (1 + DRIFT) * stretch || ofQuantiles[type] < (1 - DRIFT) * stretch
  if (state.stretch?.some(hasDrifted)) state.invalidate()
  state.stretch ??= ofQuantiles.slice()
  forgetCancelled(state, queue)
  const instances = flowInstances(rule, scene, state.stretch)
  const isNew = (query: Query) =>
    !state.assigned.has(query) && !state.stalled.has(query) && !state.late.has(query)
  if (isLight(scene, rule) && startOnSoonestType(scene, instances)) return [...instances.pairs]
  const isStarted = (query: Query) => instances.pairs.some((pair) => pair.query === query)
  const fresh = queue.filter((query) => isNew(query) && !isStarted(query))

  const decision = { rule, scene, instances }
  for (const t of instances.types) reassign(decision, t)
  const stalled = [...state.stalled].sort(byArrival)
  const tooOld = stalled.filter(({ arrivalMs }) => arrivalMs + rule.qosMs < nowMs)
  for (const query of tooOld) makeLate(decision, query)
  for (const query of stalled.slice(tooOld.length, tooOld.length + TRIED)) settle(decision, query, 0)
  for (const query of fresh) settle(decision, query, 0)
  rebalance(decision)
  startOverdue(decision)
  for (const t of instances.types) startAssigned(decision, t)
  startLate(decision)
  return [...instances.pairs]
}

function forgetCancelled(flow: FlowState, queue: readonly Query[]): void {
  const pending = new Set(queue)
  for (const query of [...flow.assigned.keys(), ...flow.stalled, ...flow.late]) {
    if (!pending.has(query)) takeOut(flow, query)
  }
}
