// What a replay reads and writes, over n queries and N instances.

import { Dispatcher } from './dispatcher'
import { Vector } from './vector'

/**
 * Arguments, results and progress of replay. Results are marked as written: numbers come first, and vectors last.
 * Results and progress are 0 at the start.
 * @host
 */
@unmanaged
export class Replay {
  /** Written: queries that were started. */
  served: i32
  /** Written: latencies above QoS. */
  violations: i32
  /** Written: decisions that were taken. */
  decisions: i32
  /** Written: 1 if the replay ended early. */
  stopped: i32
  /** Written: when the last query is started. */
  lastStart: f64
  /** Written: when the last query is finished. */
  lastFinish: f64
  /** Written if there are sizes: the size of all queries that wait after the last arrival. */
  backlog: f64
  /** Written: the volume of the queries that were late, and had not started, when the last one had arrived. */
  parked: f64
  /** Progress: queries that have arrived. */
  arrived: i32
  /** Progress: the first query that had arrived at most QoS before the last event. */
  inTime: i32
  /** Progress: the quarter of the time of the last event, and the time up to which waiting is counted. */
  quarter: i32
  since: f64
  /** A latency above it is a violation. */
  qos: f64
  /** The replay ends as soon as there are more violations than this. */
  limit: i32
  /** The replay ends as soon as `parked` is more than this. */
  mostParked: f64
  /** Instances are numbered without gaps; the queue has room for n queries. */
  dispatcher: Dispatcher
  /** n. */
  queries: i32
  /** n arrivals, never decreasing. */
  arrivals: Vector<f64>
  /** n bins. */
  bins: Vector<i32>
  /** K sizes of the bins; at address 0 no backlog is computed. */
  sizes: Vector<f64>
  /** K volumes of a query. At address 0 parked queries are not counted. */
  volumes: Vector<f64>
  /** n numbers in [0, 1), one of each query. At address 0 every query takes its mean. */
  uniforms: Vector<f64>
  /** How many levels there are, the levels from 0 to 1, and T x K x levels service times at them. */
  levelCount: i32
  levels: Vector<f64>
  knots: Vector<f64>
  /** Written where they are not at address 0, for each query that is started. */
  starts: Vector<f64>
  finishes: Vector<f64>
  /** Written: the instance of each query, -1 for one that is not started. */
  instances: Vector<i32>
  /** Written: for each quarter of the time of arrivals, the sum over queries of the time they waited in it. */
  waited: Vector<f64>
  /** Written: for how long each instance served. */
  busy: Vector<f64>
  /** Work space of replayBytes(N) bytes. */
  events: Vector<f64>
}
