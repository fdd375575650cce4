// A dispatcher in memory: one block with its counts, and the arrays that it points to.
//
//   Dispatcher ──┬── service times T x K                         written by the host
//                ├── table of the rule (layout/rules.ts)         written by the host
//                ├── slowdowns of types (layout/slowdown.ts)
//                ├── slots of pending queries (layout/queue.ts)  replaced by a larger block as the queue grows
//                ├── nodes of pending queries (layout/tree.ts)   the same; only where the flow decides
//                ├── arrays by instance (layout/fleet.ts)        replaced by larger ones as the fleet grows
//                └── work space of the rule (layout/window.ts)   replaced by a larger one as the fleet grows
//
// Times are in ms: moments from an origin that the caller chooses, and lengths.

import { Vector } from './vector'

/**
 * A dispatcher over T instance types and K bins. Only the kernel writes it.
 * @host
 */
@unmanaged
export class Dispatcher {
  /** Instances that are there. */
  instances: i32
  /** Those of them that serve no query. */
  idle: i32
  /** Queries that wait. */
  pending: i32
  /** Queries that the last decision started, and each with its instance. */
  started: i32
  startedQuery: Vector<i32>
  startedInstance: Vector<i32>
  /** The time of the decision, ms. Only rules read it: completions and changes of the fleet have times of their own. */
  now: f64

  /** T. */
  types: i32
  /** K. */
  bins: i32
  /** T x K mean service times, ms. */
  mean: Vector<f64>
  /** T x K means of the quantiles of service times, ms; at address 0 where the rule has none. */
  typical: Vector<f64>
  /** The number of the rule in dispatch/rules.ts. */
  rule: i32
  /** How much work space the rule needs: see layout/window.ts. */
  space: i32
  /** Address of the numbers of the rule. */
  table: usize
  /** Address of the work space of the rule. */
  work: usize

  /** Address of the slots of the queue. Slots are numbers, -1 for none. */
  slots: usize
  /** The oldest pending query, and the youngest. */
  head: i32
  tail: i32
  /** The first slot that was given back, and the first that was never used. */
  freed: i32
  unused: i32
  /** The oldest query that was in time when a rule last asked. */
  inTime: i32
  /** How many queries have arrived; it may wrap around. */
  arrived: i32
  /** When the last of them arrived. */
  lastArrival: f64
  /** Decayed means of the square roots of gaps of arrivals, ms, over few and over many; 0 before the second query. */
  rootGap: f64
  longRootGap: f64
  /** Addresses of the nodes of queries by arrival and by latest start, where the flow decides. */
  byArrival: usize
  byLatest: usize

  /** One more than the largest number of an instance that there ever was. */
  numbers: i32
  /** By position: when the instance is expected to be idle, -Infinity if it is. */
  expected: Vector<f64>
  /** By position: when its query started. */
  since: Vector<f64>
  /** By position: for how long it is expected to be busy; computed by each decision. */
  left: Vector<f64>
  /** By position: how many times as long as its type the instance takes. */
  slowdown: Vector<f64>
  /** By position. */
  type: Vector<i32>
  number: Vector<i32>
  /** By position: type K + bin of the query that it serves. */
  cell: Vector<i32>
  /** By number of an instance: its position, -1 if it is not there. */
  positionOf: Vector<i32>
  /** A bit by position: whether the instance is idle. */
  idleBits: Vector<u64>
  /** Stretches of neighbours of one type and slowdown, and the address of the first. */
  runs: i32
  firstRun: usize

  /** What is learned: 0 nothing, 1 slowdowns of types, 2 slowdowns of instances. */
  learns: i32
  /** By type: slowdowns of the means, and of the quantiles, 1 unless they are learned. */
  typeSlowdown: Vector<f64>
  quantileSlowdown: Vector<f64>
  /** By type: decayed sums of what queries took, of their means, and of the means of their quantiles, ms. */
  tookSum: Vector<f64>
  meanSum: Vector<f64>
  typicalSum: Vector<f64>
  /** By type: the usual slowdown of its instances, where those are learned. */
  usual: Vector<f64>
  /** Address of the estimates by number of an instance. */
  estimates: usize
  /** Room for a number per instance. */
  sorted: Vector<f64>
  /** When the estimates are to be brought up to date again, and when that was done last. */
  refreshAt: f64
  refreshed: f64
  /** What a millisecond of silence counts in the age of an estimate, 0 to 1. */
  aging: f64

  /** Where `batched` decides: pending late queries, and all that were ever late less those that were taken back. */
  lateCount: i32
  everLate: f64
  /** All queries that ever arrived. */
  everArrived: f64
}

/**
 * Arguments of createDispatcher.
 * @host
 */
@unmanaged
export class DispatcherArguments {
  /** See the fields of the dispatcher. */
  mean: Vector<f64>
  typical: Vector<f64>
  table: usize
  /** Address of typeSlowdownBytes() bytes. */
  slowdowns: usize
  types: i32
  bins: i32
  rule: i32
  space: i32
  learns: i32
}

/**
 * Arguments of retune. Where the rule is the one that decides already, only `rule` is read.
 * @host
 */
@unmanaged
export class RetuneArguments {
  rule: i32
  space: i32
  table: usize
  typical: Vector<f64>
  /** Address of the work space of the rule, for up to `instances` instances. */
  work: usize
  instances: i32
  /** Address of the nodes of `queries` queries, 0 unless the flow decides. */
  nodes: usize
  queries: i32
}
