import type { Counts } from '../../model/fleet/space.ts'
import { batchNumbers } from '../../model/results/batch-numbers.ts'
import { percentileOf } from '../../model/results/latencies.ts'
import type { Failure, LiveRun, RefusedBatch } from '../../model/results/live-run.ts'
import type { Trace } from '../../model/trace/trace.ts'
import type { Workload } from '../../model/workload/workload.ts'

/** A run fell behind if the 99th percentile of lag exceeds this share of QoS, which is the margin of the policy. */
const LAG_SHARE = 0.02
const LEAST_LAG_MS = 2

/** The record of a run in progress, an entry per query. NaN and -1: not yet answered, or failed. */
export interface Recording {
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  readonly exeMs: Float64Array
  readonly lagMs: Float64Array
  readonly instance: Int32Array
  readonly busyMs: Float64Array
  readonly decisionMs: number[]
  readonly failures: Failure[]
  readonly refusedBatches: RefusedBatch[]
}

export function createRecording(queries: number, instances: number): Recording {
  return {
    startMs: new Float64Array(queries).fill(Number.NaN),
    finishMs: new Float64Array(queries).fill(Number.NaN),
    exeMs: new Float64Array(queries).fill(Number.NaN),
    lagMs: new Float64Array(queries),
    instance: new Int32Array(queries).fill(-1),
    busyMs: new Float64Array(instances),
    decisionMs: [],
    failures: [],
    refusedBatches: [],
  }
}

export interface RunSettings {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
  /** Undefined: 1 of each instance. */
  readonly slots: readonly number[] | undefined
  readonly trace: Trace
  readonly policy: string
  /** The type of each slot. */
  readonly instanceType: Int32Array
}

/** The answered queries of a recording. @param offered how many have arrived: those that have not have no lag */
export function liveRunOf(
  settings: RunSettings,
  recording: Recording,
  offered: number,
): Omit<LiveRun, 'offered' | 'endedEarly'> {
  const { workload, types, counts, slots, trace, policy, instanceType } = settings
  const { startMs, finishMs, exeMs, instance, busyMs, decisionMs, failures, refusedBatches } = recording
  const lagMs = recording.lagMs.slice(0, offered)
  const { model, qosMs, percentile, batching } = workload
  const answered = Array.from(finishMs.keys()).filter((query) => !Number.isNaN(finishMs[query]))
  const pick = (values: Float64Array) => Float64Array.from(answered, (query) => values[query])
  const latencyMs = Float64Array.from(answered, (query) => finishMs[query] - trace.arrivalMs[query])
  const tolerableLagMs = Math.max(LEAST_LAG_MS, LAG_SHARE * qosMs)
  const startsMs = pick(startMs)
  const servers = Int32Array.from(answered, (query) => instance[query])
  return {
    model,
    qosMs,
    percentile,
    types,
    counts,
    ...(slots && { slots }),
    policy,
    ...(batching && { batch: batchNumbers(startsMs, servers) }),
    arrivalMs: pick(trace.arrivalMs),
    batchSize: pick(trace.batchSize),
    startMs: startsMs,
    finishMs: pick(finishMs),
    instance: servers,
    instanceType,
    latencyMs,
    busyMs,
    violations: latencyMs.reduce((count, ms) => (ms > qosMs ? count + 1 : count), 0),
    decisions: decisionMs.length,
    lastFinishMs: finishMs.reduce((last, ms) => (ms > last ? ms : last), 0),
    exeMs: pick(exeMs),
    lagMs,
    decisionMs: Float64Array.from(decisionMs),
    failures,
    refusedBatches,
    fellBehind: percentileOf(lagMs.slice().sort(), 99) > tolerableLagMs,
  }
}
