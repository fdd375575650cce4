// The rules of dispatchers: one file each. A rule starts pending queries on idle instances; what it needs to
// know stands in its table, and its work space is laid whenever the fleet has grown.

import { clearStarted, ruleOf, startedCount, typesOf, workOf } from './dispatch'
import { startOldest } from './rule-fcfs'
import { layMatchingRule, matchingRuleBytes, startMatched } from './rule-matching'

const FCFS = 0
const MATCHING = 1

/** Bytes of work space of a rule for a number of types and of instances. */
export function ruleBytes(rule: i32, types: i32, instances: i32): usize {
  return rule == MATCHING ? matchingRuleBytes(types, instances) : 0
}

/** Lays the work space of the dispatcher's rule. */
export function layRule(dispatcherPtr: usize, instances: i32): void {
  if (ruleOf(dispatcherPtr) == MATCHING) {
    layMatchingRule(workOf(dispatcherPtr), typesOf(dispatcherPtr), instances)
  }
}

/** Starts what the rule starts now, in order of arrival, and returns how many that is. */
export function decide(dispatcherPtr: usize, now: f64): i32 {
  clearStarted(dispatcherPtr)
  if (ruleOf(dispatcherPtr) == FCFS) startOldest(dispatcherPtr, now)
  else startMatched(dispatcherPtr, now)
  return startedCount(dispatcherPtr)
}
