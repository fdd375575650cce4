// The registry of decision rules. A rule is a file in rules/ and a line here, its number that of RULES in
// src/kernel/wasm/rule-table.ts.

import { Dispatcher } from '../layout/dispatcher'
import { startSoonest } from './rules/completion'
import { startUrgent } from './rules/deadline'
import { startOldest } from './rules/fcfs'
import { startCheapest } from './rules/matching'
import { startApart } from './rules/partition'
import { startPriced } from './rules/priced'
import { INSTANCES, refreshSlowdowns } from './slowdown'

/** Starts queries by the rule; returns how many. */
export function decide(dispatcher: Dispatcher, now: f64): i32 {
  dispatcher.started = 0
  if (dispatcher.learns == INSTANCES) refreshSlowdowns(dispatcher, now)
  const rule = dispatcher.rule
  if (rule == 0) startOldest(dispatcher, now)
  else if (rule == 1) startCheapest(dispatcher, now)
  else if (rule == 2) startPriced(dispatcher, now)
  else if (rule == 3) startUrgent(dispatcher, now)
  else if (rule == 4) startSoonest(dispatcher, now)
  else if (rule == 5) startApart(dispatcher, now)
  return dispatcher.started
}
