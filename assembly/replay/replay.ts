// A trace in virtual time, over a dispatcher. Time jumps to the next arrival or completion; everything at or
// before it is applied, then one decision is taken if a query is pending and an instance idle. Queries are
// numbered in order of arrival.
//
// Outcome (f64 words):  served | violations | decisions | last finish | 1 if stopped
//
// Draws: one number in [0, 1) per query and the knots of the service times, types x bins x levels; none, at
// address 0, means that every query takes its mean.

import { binsOf, complete, meanOf, startedInstance, startedQuery } from '../dispatch/dispatcher'
import { idleOf, instancesOf, typeAt } from '../dispatch/fleet'
import { arrive, pendingOf } from '../dispatch/queue'
import { decide } from '../dispatch/rules'
import { earliest, earliestInstance, layHeap, leavesOf, setEvent } from './event-heap'

/** Bytes of work space of replay: the event heap. */
export function replayBytes(instances: i32): i32 {
  return 16 * leavesOf(instances)
}

/**
 * Replays `queries` queries over a dispatcher whose instances are numbered without gaps, and whose queue has
 * room for all of them. It ends early when more than `limit` latencies are above `qos`. Writes to `outPtr`
 * the outcome, to `busyPtr` the time that each instance served, and by query to `instancePtr` (i32) its
 * instance or -1; to `startPtr` and `finishPtr` when it started and finished, unless `startPtr` is 0.
 */
export function replay(
  dispatcherPtr: usize,
  queries: i32,
  arrivalPtr: usize,
  binPtr: usize,
  uniformPtr: usize,
  levelPtr: usize,
  levels: i32,
  knotPtr: usize,
  qos: f64,
  limit: f64,
  heapPtr: usize,
  startPtr: usize,
  finishPtr: usize,
  instancePtr: usize,
  busyPtr: usize,
  outPtr: usize,
): void {
  const bins = binsOf(dispatcherPtr)
  const instances = instancesOf(dispatcherPtr)
  const leaves = leavesOf(instances)
  const meanPtr = meanOf(dispatcherPtr)
  let served = 0
  let violations: f64 = 0
  let decisions = 0
  let lastFinish: f64 = 0
  let arrived = 0
  // queries before this one have waited for longer than QoS, or are started
  let late = 0
  layHeap(heapPtr, leaves)
  memory.fill(instancePtr, 0xff, 4 * (queries as usize))
  memory.fill(busyPtr, 0, 8 * (instances as usize))
  let nextArrival: f64 = queries > 0 ? load<f64>(arrivalPtr) : Infinity
  while (violations <= limit) {
    const now = min(nextArrival, earliest(heapPtr))
    if (now == Infinity) break
    while (earliest(heapPtr) <= now) {
      const instance = earliestInstance(heapPtr, leaves)
      complete(dispatcherPtr, instance, now)
      setEvent(heapPtr, leaves, instance, Infinity)
    }
    while (nextArrival <= now) {
      arrive(dispatcherPtr, arrived, load<i32>(binPtr + 4 * (arrived as usize)), nextArrival)
      arrived++
      nextArrival = arrived < queries ? load<f64>(arrivalPtr + 8 * (arrived as usize)) : Infinity
    }
    while (late < arrived && now - load<f64>(arrivalPtr + 8 * (late as usize)) > qos) {
      if (load<i32>(instancePtr + 4 * (late as usize)) < 0) violations++
      late++
    }
    if (pendingOf(dispatcherPtr) == 0 || idleOf(dispatcherPtr) == 0) continue
    decisions++
    const started = decide(dispatcherPtr, now)
    for (let k = 0; k < started; k++) {
      const query = startedQuery(dispatcherPtr, k)
      const instance = startedInstance(dispatcherPtr, k)
      const q = query as usize
      const row = typeAt(dispatcherPtr, instance) * bins + load<i32>(binPtr + 4 * q)
      const service =
        uniformPtr == 0
          ? load<f64>(meanPtr + 8 * (row as usize))
          : quantile(levelPtr, levels, knotPtr + 8 * ((row * levels) as usize), load<f64>(uniformPtr + 8 * q))
      const finish = now + service
      const busyAt = busyPtr + 8 * (instance as usize)
      store<i32>(instancePtr + 4 * q, instance)
      if (startPtr != 0) {
        store<f64>(startPtr + 8 * q, now)
        store<f64>(finishPtr + 8 * q, finish)
      }
      store<f64>(busyAt, load<f64>(busyAt) + service)
      setEvent(heapPtr, leaves, instance, finish)
      if (finish > lastFinish) lastFinish = finish
      if (query >= late && finish - load<f64>(arrivalPtr + 8 * q) > qos) violations++
    }
    served += started
  }
  store<f64>(outPtr, served as f64)
  store<f64>(outPtr, violations, 8)
  store<f64>(outPtr, decisions as f64, 16)
  store<f64>(outPtr, lastFinish, 24)
  store<f64>(outPtr, violations > limit ? 1 : 0, 32)
}

/** The service time at a level, linear between knots. */
function quantile(levelPtr: usize, levels: i32, knotPtr: usize, level: f64): f64 {
  let i: usize = 1
  const last = (levels - 1) as usize
  while (i < last && load<f64>(levelPtr + 8 * i) < level) i++
  const low = load<f64>(levelPtr + 8 * (i - 1))
  const share = (level - low) / (load<f64>(levelPtr + 8 * i) - low)
  const knot = load<f64>(knotPtr + 8 * (i - 1))
  return knot + share * (load<f64>(knotPtr + 8 * i) - knot)
}
