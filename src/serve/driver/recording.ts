import { hasBatches } from '../../dispatch/largest-batches.ts'
import type { Counts } from '../../model/fleet/space.ts'
import { batchNumbers } from '../../model/results/batch-numbers.ts'
import { percentileOf } from '../../model/results/latencies.ts'
import type { Failure, LiveRun, LostServer, RefusedBatch } from '../../model/results/live-run.ts'
import type { Trace } from '../../model/trace/trace.ts'
import { largestBatchBins } from '../../model/workload/batching.ts'
import type { Workload } from '../../model/workload/workload.ts'

/**
 * A run fell behind if the 99th percentile of lag exceeds 2 ms and this share of QoS, which is the margin of the policy
 * `kairos`.
 */
const LAG_SHARE = 0.02
const LEAST_LAG_MS = 2

export type Recording = ReturnType<typeof createRecording>

/** The record of a run in progress. Times are ms from the start of the trace. */
export function createRecording(queries: number, slots: number) {
  return {
    /** By query: when it was sent, NaN before. */
    startMs: new Float64Array(queries).fill(Number.NaN),
    /** By query: when it was answered, and the service time its server reports. NaN before, and for a failed query. */
    finishMs: new Float64Array(queries).fill(Number.NaN),
    exeMs: new Float64Array(queries).fill(Number.NaN),
    /** By query: how late it was passed to the dispatcher. */
    lagMs: new Float64Array(queries),
    /** By query: the slot that it was sent to, -1 before. */
    instance: new Int32Array(queries).fill(-1),
    /** By slot: how long it was busy. */
    busyMs: new Float64Array(slots),
    /** By decision: how long it took. */
    decisionMs: [] as number[],
    failures: [] as Failure[],
    refusedBatches: [] as RefusedBatch[],
    lostServers: [] as LostServer[],
  }
}

/** A trace, and the servers for it. */
export interface ServedTrace {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
  /** The slots of an instance of each type: requests that it serves at the same time; 1 unless given. */
  readonly slots?: readonly number[] | undefined
  /** One server for each instance, type by type. */
  readonly addresses: readonly string[]
  readonly trace: Trace
}

interface RunSettings extends Omit<ServedTrace, 'addresses'> {
  readonly policy: string
  /** The type of each slot. */
  readonly instanceType: Int32Array
}

/** The answered queries of a recording. @param offered how many have arrived: those that have not have no lag */
export function liveRunOf(
  settings: RunSettings,
  recording: Recording,
  offered: number,
): Omit<LiveRun, 'endedEarly'> {
  const { workload, types, counts, slots, trace, policy, instanceType } = settings
  const { startMs, finishMs, exeMs, instance, busyMs, decisionMs, failures, refusedBatches, lostServers } =
    recording
  const lagMs = recording.lagMs.slice(0, offered)
  const { model, qosMs, percentile, batching, latency } = workload
  const answered = Array.from(finishMs.keys()).filter((query) => !Number.isNaN(finishMs[query]))
  const pick = (values: Float64Array) => Float64Array.from(answered, (query) => values[query])
  const latencyMs = Float64Array.from(answered, (query) => finishMs[query] - trace.arrivalMs[query])
  const tolerableLagMs = Math.max(LEAST_LAG_MS, LAG_SHARE * qosMs)
  const startsMs = pick(startMs)
  const batchBins = largestBatchBins(batching, types, latency.batchSizes)
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
    ...(hasBatches({ batchBins }) && { formsBatches: true }),
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
    lostServers,
    fellBehind: percentileOf(lagMs.slice().sort(), 99) > tolerableLagMs,
    offered,
  }
}
