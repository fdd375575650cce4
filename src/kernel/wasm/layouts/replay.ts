// Written by .config/generate-layouts.mjs from assembly/layout/replay.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments and results of replay. The results come first. */
export interface Replay {
  /** Written: queries that were started. */
  readonly served: number
  /** Written: latencies above QoS. */
  readonly violations: number
  /** Written: decisions that were taken. */
  readonly decisions: number
  /** Written: 1 if the replay ended early. */
  readonly stopped: number
  /** Written: when the last query is finished. */
  readonly lastFinish: number
  /** Written if there are sizes: the size of all queries that wait after the last arrival. */
  readonly backlog: number
  /** A latency above it is a violation. */
  readonly qos: number
  /** The replay ends as soon as there are more violations than this. */
  readonly limit: number
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
  /** Written: for how long each instance served. */
  readonly busy: number
  /** Work space of replayBytes(N) bytes. */
  readonly events: number
}

export const Replay: Layout<Replay> = {
  size: 100,
  fields: {
    served: { type: 'i32', offset: 0 },
    violations: { type: 'i32', offset: 4 },
    decisions: { type: 'i32', offset: 8 },
    stopped: { type: 'i32', offset: 12 },
    lastFinish: { type: 'f64', offset: 16 },
    backlog: { type: 'f64', offset: 24 },
    qos: { type: 'f64', offset: 32 },
    limit: { type: 'i32', offset: 40 },
    dispatcher: { type: 'usize', offset: 44 },
    queries: { type: 'i32', offset: 48 },
    arrivals: { type: 'usize', offset: 52 },
    bins: { type: 'usize', offset: 56 },
    sizes: { type: 'usize', offset: 60 },
    uniforms: { type: 'usize', offset: 64 },
    levelCount: { type: 'i32', offset: 68 },
    levels: { type: 'usize', offset: 72 },
    knots: { type: 'usize', offset: 76 },
    starts: { type: 'usize', offset: 80 },
    finishes: { type: 'usize', offset: 84 },
    instances: { type: 'usize', offset: 88 },
    busy: { type: 'usize', offset: 92 },
    events: { type: 'usize', offset: 96 },
  },
  write(view, address, values) {
    view.setInt32(address, values.served, true)
    view.setInt32(address + 4, values.violations, true)
    view.setInt32(address + 8, values.decisions, true)
    view.setInt32(address + 12, values.stopped, true)
    view.setFloat64(address + 16, values.lastFinish, true)
    view.setFloat64(address + 24, values.backlog, true)
    view.setFloat64(address + 32, values.qos, true)
    view.setInt32(address + 40, values.limit, true)
    view.setUint32(address + 44, values.dispatcher, true)
    view.setInt32(address + 48, values.queries, true)
    view.setUint32(address + 52, values.arrivals, true)
    view.setUint32(address + 56, values.bins, true)
    view.setUint32(address + 60, values.sizes, true)
    view.setUint32(address + 64, values.uniforms, true)
    view.setInt32(address + 68, values.levelCount, true)
    view.setUint32(address + 72, values.levels, true)
    view.setUint32(address + 76, values.knots, true)
    view.setUint32(address + 80, values.starts, true)
    view.setUint32(address + 84, values.finishes, true)
    view.setUint32(address + 88, values.instances, true)
    view.setUint32(address + 92, values.busy, true)
    view.setUint32(address + 96, values.events, true)
  },
}
