// A trace in virtual time, over a dispatcher. Time jumps to the next arrival or completion; everything at or
// before it is applied, completions first, then one decision is taken if a query is pending and an instance idle.
// Queries are numbered in order of arrival.
//
// Two results show whether a long run could go on like this: the volume of the late queries that still wait at the last
// arrival (parked), and how long queries waited in each quarter of the time in which they arrive.

import { arrive, binIn, slotAfter } from '../dispatch/queue'
import { decide } from '../dispatch/rules'
import { learn, NOTHING } from '../dispatch/slowdown'
import { becomeIdle } from '../dispatch/start'
import { Dispatcher } from '../layout/dispatcher'
import { Replay } from '../layout/replay'
import { Vector } from '../layout/vector'
import { clearEvents, earliest, earliestInstance, leavesOf, setEvent } from './event-heap'

/** Bytes of work space of replay: the event heap. */
export function replayBytes(instances: i32): i32 {
  return 16 * leavesOf(instances)
}

export function replay(run: Replay): void {
  const dispatcher = run.dispatcher
  const queries = run.queries
  const arrivals = run.arrivals
  const instances = run.instances
  const events = run.events
  const qos = run.qos
  const limit = run.limit
  const learns = dispatcher.learns != NOTHING
  const bins = run.bins
  const busy = run.busy
  const starts = run.starts
  const finishes = run.finishes
  const uniforms = run.uniforms
  const startedQuery = dispatcher.startedQuery
  const startedInstance = dispatcher.startedInstance
  const cells = dispatcher.cell
  const means = dispatcher.mean
  const leaves = leavesOf(dispatcher.instances)
  let served = 0
  let violations = 0
  let decisions = 0
  let lastStart: f64 = 0
  let lastFinish: f64 = 0
  const quarters = run.waited
  const first = queries > 0 ? arrivals[0] : 0
  const last = queries > 0 ? arrivals[queries - 1] : 0
  let quarter = 0
  let quarterEnd = first + (last - first) / 4
  let since = first
  let isDraining = false
  quarters.clear(4)
  let arrived = 0
  // the first query that had arrived at most QoS before the last event
  let late = 0
  clearEvents(events, leaves)
  memory.fill(instances.address, 0xff, 4 * (queries as usize))
  busy.clear(dispatcher.instances)
  let nextArrival = queries > 0 ? arrivals[0] : Infinity
  while (violations <= limit) {
    if (nextArrival == Infinity && !isDraining) {
      isDraining = true
      if (run.sizes.address != 0) run.backlog = sizeOfPending(dispatcher, run.sizes)
      run.parked = parkedVolume(run, last)
      if (run.parked > run.mostParked) break
    }
    const now = min(nextArrival, earliest(events))
    if (now == Infinity) break
    while (now >= quarterEnd && quarter < 4) {
      quarters[quarter] += (dispatcher.pending as f64) * (quarterEnd - since)
      quarter++
      since = quarterEnd
      quarterEnd = quarter == 3 ? last : first + ((quarter + 1) as f64) * ((last - first) / 4)
    }
    if (quarter < 4) {
      quarters[quarter] += (dispatcher.pending as f64) * (now - since)
      since = now
    }
    while (earliest(events) <= now) {
      const instance = earliestInstance(events, leaves)
      const took = becomeIdle(dispatcher, instance, now)
      if (learns) learn(dispatcher, instance, took, now)
      setEvent(events, leaves, instance, Infinity)
    }
    while (nextArrival <= now) {
      arrive(dispatcher, arrived, bins[arrived], nextArrival)
      arrived++
      nextArrival = arrived < queries ? arrivals[arrived] : Infinity
    }
    for (; late < arrived && now - arrivals[late] > qos; late++) {
      if (instances[late] < 0) violations++
    }
    if (dispatcher.pending == 0 || dispatcher.idle == 0) continue
    decisions++
    const started = decide(dispatcher, now)
    // the queries of a batch follow each other, the oldest first, and its uniform number is that of the batch
    let batch = -1
    let finish: f64 = 0
    for (let k = 0; k < started; k++) {
      const query = startedQuery[k]
      const instance = startedInstance[k]
      if (instance != batch) {
        batch = instance
        // the number of an instance is its position
        const cell = cells[instance]
        const service =
          uniforms.address == 0
            ? means[cell]
            : quantile(run, run.knots.from(cell * run.levelCount), uniforms[query])
        finish = now + service
        busy[instance] += service
        setEvent(events, leaves, instance, finish)
        if (finish > lastFinish) lastFinish = finish
      }
      instances[query] = instance
      if (starts.address != 0) {
        starts[query] = now
        finishes[query] = finish
      }
      // a query that waited for longer than QoS has been counted
      if (query >= late && finish - arrivals[query] > qos) violations++
    }
    served += started
    if (started > 0) lastStart = now
  }
  run.served = served
  run.violations = violations
  run.decisions = decisions
  run.lastStart = lastStart
  run.lastFinish = lastFinish
  run.stopped = i32(violations > limit || run.parked > run.mostParked)
}

/** The volume of the queries that have not started by the last arrival, and were late before it. */
function parkedVolume(run: Replay, last: f64): f64 {
  let volume: f64 = 0
  if (run.volumes.address == 0) return 0
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
