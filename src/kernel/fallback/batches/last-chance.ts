/** The last chance of a query: unless it starts now, it is late when the next instance is idle, or this one again. */
import type { Instance, Query } from '../scene.ts'
import { type Decision, slackOf } from './decision.ts'

/** The time until another instance is surely idle, or this one again, after `ownMs`, ms. */
export function untilNext(decision: Decision, instance: Instance, ownMs: number): number {
  const others = decision.scene.fleet.filter((other) => other !== instance)
  return Math.min(ownMs, ...others.map((other) => untilSurelyIdle(decision, other)))
}

function untilSurelyIdle({ rule, scene, started }: Decision, instance: Instance): number {
  const { type, slowdown, busy, expectedFinishMs } = instance
  const serving = busy ? { finishMs: expectedFinishMs, bin: instance.bin } : undefined
  const batch = started.get(instance) ?? serving
  if (!batch) return 0
  const cell = type * scene.bins + batch.bin
  const margin = (rule.guardMs[cell] - scene.meanMs[cell]) * slowdown
  return Math.max(0, batch.finishMs + margin - scene.nowMs)
}

/** @param nextMs the time until the next instance is idle */
export function isLastChance(decision: Decision, query: Query, nextMs: number): boolean {
  return slackOf(decision, query) - nextMs < decision.rule.aloneMs[query.bin]
}
