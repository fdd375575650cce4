import type { FlowRule } from '../../rules.ts'
import type { Level, Query, Scene } from '../scene.ts'
import type { FlowInstances } from './instances.ts'
import { assignedTo, takeOut } from './state.ts'

/** A decision of the flow while it is taken. */
export interface FlowDecision {
  readonly rule: FlowRule
  readonly scene: Scene
  readonly instances: FlowInstances
}

/** A cost is less than another one if it is so by this much. */
export const LESS = 1e-9

/** The time until the next instance of a type is free that no query counts on, ms; Infinity if there is none. */
export function tailMs({ scene, instances }: FlowDecision, type: number): number {
  return instances.leftMs(type, assignedTo(scene.flow, type).length)
}

/** Whether a query may start on a type at its tail. */
export function isAdmitted(
  { scene, instances }: FlowDecision,
  query: Query,
  type: number,
  level: Level,
): boolean {
  return instances.isInTime(query, type, level, assignedTo(scene.flow, type).length)
}

/** What it costs to assign a query of a bin to the tail of a type. */
export function tailCost(decision: FlowDecision, bin: number, type: number): number {
  return reducedCostOf(decision, bin, type) + decision.rule.weight[type] * tailMs(decision, type)
}

export function reducedCostOf({ rule, scene }: FlowDecision, bin: number, type: number): number {
  return rule.reducedCost[type * scene.bins + bin]
}

export function assign({ scene }: FlowDecision, query: Query, type: number, level: Level): void {
  takeOut(scene.flow, query)
  scene.flow.assigned.set(query, { type, level })
}

export function makeLate({ scene: { flow } }: FlowDecision, query: Query): void {
  takeOut(flow, query)
  flow.late.add(query)
  flow.allowance -= 1
}
