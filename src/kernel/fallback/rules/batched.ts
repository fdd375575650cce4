import type { BatchedRule } from '../../rules.ts'
import { startAtRisk } from '../batches/at-risk.ts'
import { byWorth } from '../batches/by-worth.ts'
import { ageFactor, binOf, type Decision, lateOf, openDecision, start } from '../batches/decision.ts'
import { inOrder } from '../batches/in-order.ts'
import {
  giveUp,
  makeAllLate,
  makeHopelessLate,
  startLateBatch,
  startLateOnIdle,
  withLate,
} from '../batches/late.ts'
import { isLight, startOnSoonestInstance } from '../light.ts'
import type { Instance, Pair, Query, Scene } from '../scene.ts'

/** How much more a query is worth for each QoS that it has waited, where the batches of types are compared. */
const AGE_OF_TYPES = 1

/** A batch that may start. */
interface Batch {
  readonly score: number
  readonly members: readonly Query[]
  readonly instance: Instance
}

/** The steps are those of `BatchedRule`. */
export function batched(rule: BatchedRule, scene: Scene): Pair[] {
  const { fleet } = scene
  if (fleet.length === 0) return []
  const decision = openDecision(rule, scene)
  const { waiting, idle, pairs } = decision
  makeHopelessLate(decision)
  const aheadShare = giveUp(decision)
  if (lateOf(decision).length === 0 && isLight(scene, rule)) {
    if (startOnSoonestInstance(scene, rule, (query, instance) => start(decision, [query], instance)))
      return pairs
  }
  startLateBatch(decision, aheadShare)
  while (idle.size > 0) {
    const best = bestBatch(decision, aheadShare)
    if (!best) break
    start(decision, withLate(decision, best.members, best.instance), best.instance)
  }
  startAtRisk(decision)
  startLateOnIdle(decision)
  if (waiting.size > 0 && idle.size === fleet.length) {
    makeAllLate(decision)
    startLateOnIdle(decision)
  }
  return pairs
}

/** Step 4, once: the batch with the highest score, over types. */
function bestBatch(decision: Decision, aheadShare: number): Batch | undefined {
  const { rule, scene, idle } = decision
  let best: Batch | undefined
  const candidates = scene.fleet.filter((instance) => idle.has(instance))
  for (const type of new Set(candidates.map((instance) => instance.type))) {
    // the one with the least slowdown stands for all of its type, of equal ones the first
    const instance = candidates
      .filter((other) => other.type === type)
      .reduce((fastest, other) => (other.slowdown < fastest.slowdown ? other : fastest))
    const members = rule.inOrder ? inOrder(decision, instance) : byWorth(decision, instance, aheadShare)
    if (members.length === 0) continue
    const score = scoreOf(decision, members, instance)
    if (score > (best?.score ?? 0)) best = { score, members, instance }
  }
  return best
}

/** What a batch is worth for what its time costs. */
function scoreOf(decision: Decision, members: readonly Query[], { type }: Instance): number {
  const { rule, scene } = decision
  const value = members.reduce(
    (sum, query) => sum + rule.worth[query.bin] * ageFactor(decision, query, AGE_OF_TYPES),
    0,
  )
  return value / (rule.weight[type] * scene.meanMs[type * scene.bins + binOf(decision, members)])
}
