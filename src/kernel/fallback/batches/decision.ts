/** A decision of `batched` while it is taken: what waits and what is idle after the batches that have started. */
import type { BatchedRule } from '../../rules.ts'
import { binOfBatch } from '../batch.ts'
import { type Instance, type Pair, type Query, type Scene, serviceOf } from '../scene.ts'

export interface Decision {
  readonly rule: BatchedRule
  readonly scene: Scene
  /** Pending queries that have not started, in order of arrival. */
  readonly waiting: Set<Query>
  readonly idle: Set<Instance>
  /** The batches that start in this decision: when they are expected to finish, ms, and their bins. */
  readonly started: Map<Instance, { readonly finishMs: number; readonly bin: number }>
  readonly pairs: Pair[]
}

export function openDecision(rule: BatchedRule, scene: Scene): Decision {
  return {
    rule,
    scene,
    waiting: new Set(scene.queue),
    idle: new Set(scene.fleet.filter(({ busy }) => !busy)),
    started: new Map(),
    pairs: [],
  }
}

/** Queries that wait and are not late, oldest first. */
export function liveOf({ waiting, scene }: Decision): Query[] {
  return [...waiting].filter((query) => !scene.batches.late.has(query))
}

/** Late queries that wait, oldest first. */
export function lateOf({ waiting, scene }: Decision): Query[] {
  return [...waiting].filter((query) => scene.batches.late.has(query))
}

/** The time until a query misses its target, ms; below 0 once it has. */
export function slackOf({ rule, scene }: Decision, { arrivalMs }: Query): number {
  return arrivalMs + rule.qosMs - scene.nowMs
}

export function binOf({ rule }: Decision, members: readonly Query[]): number {
  return binOfBatch(
    rule.batchSize,
    members.map(({ bin }) => bin),
  )
}

export function start(decision: Decision, members: readonly Query[], instance: Instance): void {
  const { scene, waiting, idle, started, pairs } = decision
  const bin = binOf(decision, members)
  for (const query of members) {
    pairs.push({ query, instance, batchBin: bin })
    waiting.delete(query)
    scene.batches.late.delete(query)
  }
  idle.delete(instance)
  started.set(instance, { finishMs: scene.nowMs + serviceOf(scene, bin, instance), bin })
}

/** Live queries that are in time on an instance alone, oldest first. */
export function inTime(decision: Decision, { type, slowdown }: Instance): Query[] {
  const { rule, scene } = decision
  return liveOf(decision).filter(
    (query) => rule.guardMs[type * scene.bins + query.bin] * slowdown <= slackOf(decision, query),
  )
}

/** Whether a batch may take the time of a longer bin: it ends within `slackMs`, and costs at most `most` more. */
export function canGrow(
  { rule, scene }: Decision,
  { type, slowdown }: Instance,
  bin: number,
  longer: number,
  slackMs: number,
  most: number,
): boolean {
  const { meanMs } = scene
  const row = type * scene.bins
  if (rule.guardMs[row + longer] * slowdown > slackMs) return false
  return rule.weight[type] * (meanMs[row + longer] - meanMs[row + bin]) <= most
}

/** The mean time of the largest batch of a type, ms. */
export function largestBatchMs({ rule }: Decision, type: number): number {
  return rule.fullCost[type] / rule.weight[type]
}

/** 1, and more for a query that has waited: by `factor` for each QoS. */
export function ageFactor({ rule, scene }: Decision, { arrivalMs }: Query, factor: number): number {
  return 1 + (factor * (scene.nowMs - arrivalMs)) / rule.qosMs
}
