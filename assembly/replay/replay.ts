// A trace in virtual time, over a dispatcher. Time jumps to the next arrival or completion; everything at or
// before it is applied, completions first, then one decision is taken if a query is pending and an instance idle.
// Queries are numbered in order of arrival.
//
// Two results show whether a long run could go on like this: the volume of the late queries that still wait at the last
// arrival (parked), and how long queries waited in each quarter of the time in which they arrive.

import { arrive, binIn, slotAfter } from '../dispatch/queue'
import { decide } from '../dispatch/rules'
import { complete } from '../dispatch/start'
import { Dispatcher } from '../layout/dispatcher'
import { Replay } from '../layout/replay'
import { Vector } from '../layout/vector'
import { clearEvents, earliest, earliestInstance, leavesOf, setEvent } from './event-heap'

/** Parts of equal length of the time in which queries arrive. */
const QUARTERS: i32 = 4

/** Bytes of work space of replay: the event heap. */
export function replayBytes(instances: i32): usize {
  return 16 * (leavesOf(instances) as usize)
}

export function replay(run: Replay): void {
  const dispatcher = run.dispatcher
  begin(run)
  let isDraining = false
  while (run.violations <= run.limit) {
    if (run.arrived == run.queries && !isDraining) {
      isDraining = true
      if (run.sizes.address != 0) run.backlog = sizeOfPending(dispatcher, run.sizes)
      if (run.volumes.address != 0 && run.queries > 0) run.parked = parkedVolume(run)
      if (run.parked > run.mostParked) break
    }
    const now = min(nextArrival(run), earliest(run.events))
    if (now == Infinity) break
    passTime(run, now)
    completeUntil(run, now)
    arriveUntil(run, now)
    countLate(run, now)
    if (dispatcher.pending == 0 || dispatcher.idle == 0) continue
    run.decisions++
    start(run, now, decide(dispatcher, now))
  }
  run.stopped = i32(run.violations > run.limit || run.parked > run.mostParked)
}

function begin(run: Replay): void {
  const instances = run.dispatcher.instances
  clearEvents(run.events, leavesOf(instances))
  memory.fill(run.instances.address, 0xff, 4 * (run.queries as usize))
  run.busy.clear(instances)
  run.waited.clear(QUARTERS)
  if (run.queries == 0) return
  run.since = run.arrivals[0]
}

function nextArrival(run: Replay): f64 {
  return run.arrived < run.queries ? run.arrivals[run.arrived] : Infinity
}

/** Adds what the pending queries wait until `now` to the quarters in which they do. */
function passTime(run: Replay, now: f64): void {
  const pending = run.dispatcher.pending as f64
  while (run.quarter < QUARTERS) {
    const end = endOfQuarter(run)
    const until = min(now, end)
    run.waited[run.quarter] += pending * (until - run.since)
    run.since = until
    if (now < end) return
    run.quarter++
  }
}

function endOfQuarter(run: Replay): f64 {
  const first = run.arrivals[0]
  const last = run.arrivals[run.queries - 1]
  if (run.quarter == QUARTERS - 1) return last
  return first + ((run.quarter + 1) as f64) * ((last - first) / (QUARTERS as f64))
}

function completeUntil(run: Replay, now: f64): void {
  const dispatcher = run.dispatcher
  const events = run.events
  const leaves = leavesOf(dispatcher.instances)
  while (earliest(events) <= now) {
    const instance = earliestInstance(events, leaves)
    complete(dispatcher, instance, now, 1)
    setEvent(events, leaves, instance, Infinity)
  }
}

function arriveUntil(run: Replay, now: f64): void {
  for (let next = nextArrival(run); next <= now; next = nextArrival(run)) {
    arrive(run.dispatcher, run.arrived, run.bins[run.arrived], next)
    run.arrived++
  }
}

/** Counts the queries that became late while they waited. For the others start() compares the latency. */
function countLate(run: Replay, now: f64): void {
  for (; run.inTime < run.arrived && now - run.arrivals[run.inTime] > run.qos; run.inTime++) {
    if (run.instances[run.inTime] < 0) run.violations++
  }
}

/**
 * Starts what a decision chose. The queries of a batch follow each other, the oldest first, and its uniform number is
 * that of the batch.
 */
function start(run: Replay, now: f64, started: i32): void {
  if (started == 0) return
  const dispatcher = run.dispatcher
  const leaves = leavesOf(dispatcher.instances)
  let batch = -1
  let finish: f64 = 0
  for (let k = 0; k < started; k++) {
    const query = dispatcher.startedQuery[k]
    const instance = dispatcher.startedInstance[k]
    if (instance != batch) {
      batch = instance
      const service = serviceOf(run, query, instance)
      finish = now + service
      run.busy[instance] += service
      setEvent(run.events, leaves, instance, finish)
      run.lastFinish = max(run.lastFinish, finish)
    }
    run.instances[query] = instance
    if (run.starts.address != 0) {
      run.starts[query] = now
      run.finishes[query] = finish
    }
    // a query that waited for longer than QoS has been counted
    if (query >= run.inTime && finish - run.arrivals[query] > run.qos) run.violations++
  }
  run.served += started
  run.lastStart = now
}

/** How long an instance takes for a batch, by its oldest query. */
function serviceOf(run: Replay, oldest: i32, instance: i32): f64 {
  // the number of an instance is its position
  const cell = run.dispatcher.cell[instance]
  if (run.uniforms.address == 0) return run.dispatcher.mean[cell]
  return quantile(run, run.knots.from(cell * run.levelCount), run.uniforms[oldest])
}

/** The volume of the queries that have not started by the last arrival, and were late before it. */
function parkedVolume(run: Replay): f64 {
  let volume: f64 = 0
  const last = run.arrivals[run.queries - 1]
  for (let query = 0; query < run.queries; query++) {
    if (run.instances[query] < 0 && last - run.arrivals[query] > run.qos)
      volume += run.volumes[run.bins[query]]
  }
  return volume
}

function sizeOfPending(dispatcher: Dispatcher, sizes: Vector<f64>): f64 {
  let sum: f64 = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    sum += sizes[binIn(dispatcher, slot)]
  }
  return sum
}

/** The service time at a level, linear between knots. */
function quantile(run: Replay, knots: Vector<f64>, level: f64): f64 {
  const levels = run.levels
  const last = run.levelCount - 1
  let i = 1
  while (i < last && levels[i] < level) i++
  const share = (level - levels[i - 1]) / (levels[i] - levels[i - 1])
  return knots[i - 1] + share * (knots[i] - knots[i - 1])
}
