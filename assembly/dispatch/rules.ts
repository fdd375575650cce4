// The registry of decision rules. A rule is a file in rules/ and a line here, its number that of RULES in
// src/kernel/wasm/rule-table.ts.

import { Dispatcher } from '../layout/dispatcher'
import { startBatched } from './rules/batched'
import { startCompletion } from './rules/completion'
import { startDeadline } from './rules/deadline'
import { startFcfs } from './rules/fcfs'
import { startFlow } from './rules/flow'
import { startMatching } from './rules/matching'
import { startOldest } from './rules/oldest'
import { startPartition } from './rules/partition'
import { startPriced } from './rules/priced'
import { startUrgent } from './rules/urgent'
import { INSTANCES, refreshSlowdowns } from './slowdown'

/** Starts queries by the rule; returns how many. */
export function decide(dispatcher: Dispatcher, now: f64): i32 {
  dispatcher.now = now
  dispatcher.started = 0
  if (dispatcher.learns == INSTANCES) refreshSlowdowns(dispatcher, now)
  const rule = dispatcher.rule
  if (rule == 0) startFcfs(dispatcher)
  else if (rule == 1) startMatching(dispatcher)
  else if (rule == 2) startPriced(dispatcher)
  else if (rule == 3) startDeadline(dispatcher)
  else if (rule == 4) startCompletion(dispatcher)
  else if (rule == 5) startPartition(dispatcher)
  else if (rule == 6) startFlow(dispatcher)
  else if (rule == 7) startBatched(dispatcher)
  else if (rule == 8) startUrgent(dispatcher)
  else if (rule == 9) startOldest(dispatcher)
  return dispatcher.started
}
