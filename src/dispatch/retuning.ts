/** When a dispatcher whose instances join and leave takes a new rule: that of its policy for the present counts. */
import type { DispatchRule } from '../kernel/rules.ts'
import { instancesOf } from '../model/fleet/configuration.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { Policy, RuleFor } from './policy.ts'

/** A fleet above this size, now and at its last rule, takes a new rule this often at most: one more changes little. */
const MANY_INSTANCES = 64
const RETUNE_MS = 100

/** The counts of a fleet, and whether its rule is still theirs. */
interface Retuning {
  /** Instances of a type have joined, or have left if `change` is negative. */
  recount(type: number, change: number): void
  /** The new rule, if one is due. One serves for all instances that have joined or left since the last one. */
  dueRule(nowMs: number): DispatchRule | undefined
}

/** @param first the counts that the present rule was made for */
export function createRetuning(
  { byCounts }: Pick<Policy, 'byCounts'>,
  ruleFor: RuleFor,
  first: Counts,
): Retuning {
  const counts = [...first]
  let due: 'no' | 'soon' | 'now' = 'no'
  let retunedMs = -Infinity
  /** The number of instances that the present rule was made for. */
  let ruled = instancesOf(first)
  return {
    recount(type, change) {
      const before = counts[type]
      counts[type] += change
      // the rules of most policies depend on the types in use, not on their counts
      if (before === 0 || counts[type] === 0) due = 'now'
      else if (byCounts && due === 'no') due = 'soon'
    },
    dueRule(nowMs) {
      if (due === 'no') return undefined
      const instances = instancesOf(counts)
      // the rule of a large fleet takes a millisecond
      const mayWait = due === 'soon' && Math.min(ruled, instances) > MANY_INSTANCES
      if (mayWait && nowMs < retunedMs + RETUNE_MS) return undefined
      due = 'no'
      retunedMs = nowMs
      ruled = instances
      return ruleFor(counts)
    },
  }
}
