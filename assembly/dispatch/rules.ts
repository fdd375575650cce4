// The rules of dispatchers: one file each. A rule starts pending queries on idle instances; what it needs to
// know stands in its table, and its work space is laid whenever the fleet has grown.

import { clearStarted, ruleOf, startedCount, typesOf, workOf } from './dispatcher'
import { startSoonest } from './rules/completion'
import { deadlineRuleBytes, startUrgent } from './rules/deadline'
import { startOldest } from './rules/fcfs'
import { layMatchingRule, matchingRuleBytes, startMatched } from './rules/matching'
import { startApart } from './rules/partition'
import { layPricedRule, pricedRuleBytes, startPriced } from './rules/priced'

const FCFS = 0
const MATCHING = 1
const PRICED = 2
const DEADLINE = 3
const COMPLETION = 4

/** Bytes of work space of a rule for a number of types and of instances. */
export function ruleBytes(rule: i32, types: i32, instances: i32): usize {
  if (rule == MATCHING) return matchingRuleBytes(types, instances)
  if (rule == PRICED) return pricedRuleBytes(instances)
  return rule == DEADLINE ? deadlineRuleBytes(instances) : 0
}

/** Lays the work space of the dispatcher's rule. */
export function layRule(dispatcherPtr: usize, instances: i32): void {
  const rule = ruleOf(dispatcherPtr)
  if (rule == MATCHING) layMatchingRule(workOf(dispatcherPtr), typesOf(dispatcherPtr), instances)
  else if (rule == PRICED) layPricedRule(workOf(dispatcherPtr), instances)
}

/** Starts what the rule starts now, and returns how many that is. */
export function decide(dispatcherPtr: usize, now: f64): i32 {
  const rule = ruleOf(dispatcherPtr)
  clearStarted(dispatcherPtr)
  if (rule == FCFS) startOldest(dispatcherPtr, now)
  else if (rule == MATCHING) startMatched(dispatcherPtr, now)
  else if (rule == PRICED) startPriced(dispatcherPtr, now)
  else if (rule == DEADLINE) startUrgent(dispatcherPtr, now)
  else if (rule == COMPLETION) startSoonest(dispatcherPtr, now)
  else startApart(dispatcherPtr, now)
  return startedCount(dispatcherPtr)
}
