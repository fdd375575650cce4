// Written by .config/generate-layouts.mjs from assembly/layout/replay.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments and results of replay. Results are marked as written: numbers come first, and vectors last. */
export interface Replay {
  /** Written: queries that were started. */
  readonly served: number
  /** Written: latencies above QoS. */
  readonly violations: number
  /** Written: decisions that were taken. */
  readonly decisions: number
  /** Written: 1 if the replay ended early. */
  readonly stopped: number
  /** Written: when the last query is started. */
  readonly lastStart: number
  /** Written: when the last query is finished. */
  readonly lastFinish: number
  /** Written if there are sizes: the size of all queries that wait after the last arrival. */
  readonly backlog: number
  /** Written: the volume of the queries that were late, and had not started, when the last one had arrived. */
  readonly parked: number
  /** A latency above it is a violation. */
  readonly qos: number
  /** The replay ends as soon as there are more violations than this. */
  readonly limit: number
  /** The replay ends as soon as `parked` is more than this. */
  readonly mostParked: number
  /** Instances are numbered without gaps; the queue has room for n queries. */
  readonly dispatcher: number
  /** n. */
  readonly queries: number
  /** n arrivals, never decreasing. */
  readonly arrivals: number
  /** n bins. */
  readonly bins: number
  /** K sizes of the bins; at address 0 no backlog is computed. */
  readonly sizes: number
  /** K volumes of a query. At address 0 parked queries are not counted. */
  readonly volumes: number
  /** n numbers in [0, 1), one of each query. At address 0 every query takes its mean. */
  readonly uniforms: number
  /** How many levels there are, the levels from 0 to 1, and T x K x levels service times at them. */
  readonly levelCount: number
  readonly levels: number
  readonly knots: number
  /** Written where they are not at address 0, for each query that is started. */
  readonly starts: number
  readonly finishes: number
  /** Written: the instance of each query, -1 for one that is not started. */
  readonly instances: number
  /** Written: for each quarter of the time in which queries arrive, the sum over queries of the time they waited in it. */
  readonly waited: number
  /** Written: for how long each instance served. */
  readonly busy: number
  /** Work space of replayBytes(N) bytes. */
  readonly events: number
}

export const Replay: Layout<Replay> = {
  size: 136,
  fields: {
    served: { type: 'i32', offset: 0 },
    violations: { type: 'i32', offset: 4 },
    decisions: { type: 'i32', offset: 8 },
    stopped: { type: 'i32', offset: 12 },
    lastStart: { type: 'f64', offset: 16 },
    lastFinish: { type: 'f64', offset: 24 },
    backlog: { type: 'f64', offset: 32 },
    parked: { type: 'f64', offset: 40 },
    qos: { type: 'f64', offset: 48 },
    limit: { type: 'i32', offset: 56 },
    mostParked: { type: 'f64', offset: 64 },
    dispatcher: { type: 'usize', offset: 72 },
    queries: { type: 'i32', offset: 76 },
    arrivals: { type: 'usize', offset: 80 },
    bins: { type: 'usize', offset: 84 },
    sizes: { type: 'usize', offset: 88 },
    volumes: { type: 'usize', offset: 92 },
    uniforms: { type: 'usize', offset: 96 },
    levelCount: { type: 'i32', offset: 100 },
    levels: { type: 'usize', offset: 104 },
    knots: { type: 'usize', offset: 108 },
    starts: { type: 'usize', offset: 112 },
    finishes: { type: 'usize', offset: 116 },
    instances: { type: 'usize', offset: 120 },
    waited: { type: 'usize', offset: 124 },
    busy: { type: 'usize', offset: 128 },
    events: { type: 'usize', offset: 132 },
  },
  write(view, address, values) {
    view.setInt32(address, values.served, true)
    view.setInt32(address + 4, values.violations, true)
    view.setInt32(address + 8, values.decisions, true)
    view.setInt32(address + 12, values.stopped, true)
    view.setFloat64(address + 16, values.lastStart, true)
    view.setFloat64(address + 24, values.lastFinish, true)
    view.setFloat64(address + 32, values.backlog, true)
    view.setFloat64(address + 40, values.parked, true)
    view.setFloat64(address + 48, values.qos, true)
    view.setInt32(address + 56, values.limit, true)
    view.setFloat64(address + 64, values.mostParked, true)
    view.setUint32(address + 72, values.dispatcher, true)
    view.setInt32(address + 76, values.queries, true)
    view.setUint32(address + 80, values.arrivals, true)
    view.setUint32(address + 84, values.bins, true)
    view.setUint32(address + 88, values.sizes, true)
    view.setUint32(address + 92, values.volumes, true)
    view.setUint32(address + 96, values.uniforms, true)
    view.setInt32(address + 100, values.levelCount, true)
    view.setUint32(address + 104, values.levels, true)
    view.setUint32(address + 108, values.knots, true)
    view.setUint32(address + 112, values.starts, true)
    view.setUint32(address + 116, values.finishes, true)
    view.setUint32(address + 120, values.instances, true)
    view.setUint32(address + 124, values.waited, true)
    view.setUint32(address + 128, values.busy, true)
    view.setUint32(address + 132, values.events, true)
  },
}
