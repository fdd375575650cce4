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
  size: 88,
  fields: {
    served: { type: 'i32', offset: 0 },
    violations: { type: 'i32', offset: 4 },
    decisions: { type: 'i32', offset: 8 },
    stopped: { type: 'i32', offset: 12 },
    lastFinish: { type: 'f64', offset: 16 },
    qos: { type: 'f64', offset: 24 },
    limit: { type: 'i32', offset: 32 },
    dispatcher: { type: 'usize', offset: 36 },
    queries: { type: 'i32', offset: 40 },
    arrivals: { type: 'usize', offset: 44 },
    bins: { type: 'usize', offset: 48 },
    uniforms: { type: 'usize', offset: 52 },
    levelCount: { type: 'i32', offset: 56 },
    levels: { type: 'usize', offset: 60 },
    knots: { type: 'usize', offset: 64 },
    starts: { type: 'usize', offset: 68 },
    finishes: { type: 'usize', offset: 72 },
    instances: { type: 'usize', offset: 76 },
    busy: { type: 'usize', offset: 80 },
    events: { type: 'usize', offset: 84 },
  },
  write(view, address, values) {
    view.setInt32(address, values.served, true)
    view.setInt32(address + 4, values.violations, true)
    view.setInt32(address + 8, values.decisions, true)
    view.setInt32(address + 12, values.stopped, true)
    view.setFloat64(address + 16, values.lastFinish, true)
    view.setFloat64(address + 24, values.qos, true)
    view.setInt32(address + 32, values.limit, true)
    view.setUint32(address + 36, values.dispatcher, true)
    view.setInt32(address + 40, values.queries, true)
    view.setUint32(address + 44, values.arrivals, true)
    view.setUint32(address + 48, values.bins, true)
    view.setUint32(address + 52, values.uniforms, true)
    view.setInt32(address + 56, values.levelCount, true)
    view.setUint32(address + 60, values.levels, true)
    view.setUint32(address + 64, values.knots, true)
    view.setUint32(address + 68, values.starts, true)
    view.setUint32(address + 72, values.finishes, true)
    view.setUint32(address + 76, values.instances, true)
    view.setUint32(address + 80, values.busy, true)
    view.setUint32(address + 84, values.events, true)
  },
}
