// Light load, for `priced` with and without batches. While queries arrive at a small share of what the fleet can serve,
// and the weights of busy instances, with the mean weight of an instance for each pending query, are at most a share of
// the weights of all, nothing is gained by keeping dear instances free. Each query, oldest first, goes where it is
// expected to finish first among the instances on which it is in time by its guard, behind the queries that went there
// before; of equal instances to the first. It starts if that one is idle, and waits otherwise.

import { Dispatcher } from '../layout/dispatcher'
import { Vector } from '../layout/vector'
import { computeLeft, isIdle } from './fleet'
import { steadyGap } from './gaps'
import { ageOf, binIn, slotAfter } from './queue'
import { serviceOf, start } from './start'

/** Whether the load is light. @param weight by type */
export function isLight(dispatcher: Dispatcher, weight: Vector<f64>, lightLoad: f64, lightGapMs: f64): bool {
  if (steadyGap(dispatcher) < lightGapMs) return false
  let busy: f64 = 0
  let all: f64 = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    const own = weight[dispatcher.type[p]]
    all += own
    if (!isIdle(dispatcher, p)) busy += own
  }
  return isLightlyLoaded(dispatcher, busy, all, lightLoad)
}

/** Whether the weights of busy instances, and the mean weight for each pending query, are a small share of all. */
export function isLightlyLoaded(dispatcher: Dispatcher, busy: f64, all: f64, lightLoad: f64): bool {
  const waiting = ((dispatcher.pending as f64) * all) / (dispatcher.instances as f64)
  return busy + waiting <= lightLoad * all
}

/** Starts queries where they finish first. Returns false at the first one that is in time nowhere: the rule goes on. */
export function startOnSoonestInstance(dispatcher: Dispatcher, guardMs: Vector<f64>, qos: f64): bool {
  computeLeft(dispatcher)
  let slot = dispatcher.head
  while (slot >= 0 && dispatcher.idle > 0) {
    const next = slotAfter(dispatcher, slot)
    const bin = binIn(dispatcher, slot)
    const position = soonest(dispatcher, guardMs, bin, qos - ageOf(dispatcher, slot))
    if (position < 0) return false
    const finish = finishOn(dispatcher, position, bin)
    if (isIdle(dispatcher, position)) start(dispatcher, slot, position)
    dispatcher.left[position] = finish
    slot = next
  }
  return true
}

/** The position on which a query that has so much time finishes first, -1 if it is in time on none. */
function soonest(dispatcher: Dispatcher, guardMs: Vector<f64>, bin: i32, slack: f64): i32 {
  let position = -1
  let earliest = Infinity
  for (let p = 0; p < dispatcher.instances; p++) {
    const type = dispatcher.type[p]
    const guard = guardMs[type * dispatcher.bins + bin]
    const stretch = dispatcher.quantileSlowdown[type] * dispatcher.slowdown[p]
    if (slack - dispatcher.left[p] - guard * stretch < 0) continue
    const finish = finishOn(dispatcher, p, bin)
    if (finish < earliest) {
      earliest = finish
      position = p
    }
  }
  return position
}

/** In how many ms a query of a bin would finish on a position. */
function finishOn(dispatcher: Dispatcher, position: i32, bin: i32): f64 {
  return dispatcher.left[position] + serviceOf(dispatcher, bin, position)
}
