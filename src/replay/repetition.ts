import type { PreparedPolicy } from '../dispatch/setup.ts'
import type { ReplayInput } from '../kernel/dispatch-contract.ts'
import { digestOf } from '../model/digest.ts'
import { dot } from '../model/dot.ts'
import { once } from '../model/once.ts'
import { allowedViolations } from '../model/results/latencies.ts'
import { generateTrace } from '../model/trace/generate-trace.ts'
import type { ArrivalProcess } from '../model/workload/arrivals.ts'
import { drawnBound } from './drawn-bound.ts'
import { type Queries, queriesOf, type ReplaySettings, replayInput } from './input.ts'
import { mostParked } from './parked.ts'

/** The settings from which the queries of repetitions are drawn. */
export interface Load extends ReplaySettings {
  readonly arrivals: ArrivalProcess
  readonly cv?: number | undefined
  readonly queries: number
}

/**
 * What one seed draws: gaps, sizes and service times. Every rate, configuration and policy is tried on the same draws
 * (common random numbers); a rate only scales the gaps.
 */
interface Draws {
  readonly queries: Queries
  readonly percentile: number
  readonly allowedViolations: number
  arrivalsAt(rate: number): Float64Array
  /** A hash of all draws. */
  readonly digest: () => string
}

/** A configuration on the draws of one seed, at any rate. */
export interface Repetition {
  inputAt(rate: number): ReplayInput
  readonly instances: number
  /** The fluid bound of what was drawn, queries per second; 0 where there is none. */
  readonly bound: () => number
  /** Queries per second if every instance were always busy: where the search begins if there is no bound. */
  readonly firstRate: number
  /** A hash of everything but the rate that the outcome depends on. */
  readonly key: () => string
}

/** The rate of the arrivals that are scaled, queries per second. */
const UNIT_RATE = 1000

/** @throws KairosError BAD_USAGE for a load that cannot be drawn */
export function drawsOf(load: Load, seed: number): Draws {
  const { workload, arrivals, cv } = load
  const recipe = { arrivals, cv, queries: load.queries, seed, mix: workload.mix }
  const queries = queriesOf(load, generateTrace({ ...recipe, rate: UNIT_RATE }), seed)
  const { arrivalMs } = queries
  const last = arrivalMs.length - 1
  // the gaps that were drawn are scaled to their own rate, not to that of the process
  const drawnRate = last > 0 ? (1000 * last) / (arrivalMs[last] - arrivalMs[0]) : UNIT_RATE
  return {
    queries,
    percentile: workload.percentile,
    allowedViolations: allowedViolations(load.queries, workload.percentile),
    // gaps of whole milliseconds do not scale: they are drawn again for every rate
    arrivalsAt: (rate) =>
      arrivals === 'integer-gaps'
        ? generateTrace({ ...recipe, rate }).arrivalMs
        : arrivalMs.map((at) => at * (drawnRate / rate)),
    digest: once(() => digestOf({ ...queries, arrivals, percentile: workload.percentile })),
  }
}

/** The repetition of a prepared configuration on some draws. */
export function repetitionOf(prepared: PreparedPolicy, draws: Draws): Repetition {
  const { batchSizes } = prepared.context
  const input: ReplayInput = {
    ...replayInput(prepared, draws.queries),
    record: false,
    stopAfterViolations: draws.allowedViolations,
    parking: { volume: batchSizes, most: mostParked(batchSizes, draws.queries.bin, draws.percentile) },
  }
  return {
    inputAt: (rate) => ({ ...input, arrivalMs: draws.arrivalsAt(rate) }),
    instances: input.instanceType.length,
    bound: once(() => drawnBound(prepared, draws.queries)),
    firstRate: servedOneByOne(input),
    key: once(() => digestOf({ configuration: digestOfPrepared(prepared), draws: draws.digest() })),
  }
}

/** The digest of a configuration, shared by its repetitions. */
const known = new WeakMap<PreparedPolicy, string>()

function digestOfPrepared(prepared: PreparedPolicy): string {
  const { context, setup } = prepared
  const digest = known.get(prepared) ?? digestOf({ context, setup })
  known.set(prepared, digest)
  return digest
}

function servedOneByOne({ bin, bins, meanMs, types, instanceType }: ReplayInput): number {
  const queries = new Float64Array(bins)
  for (const k of bin) queries[k]++
  const typeRate = Array.from({ length: types }, (_, t) => {
    const totalMs = dot(queries, meanMs.subarray(t * bins, (t + 1) * bins))
    return (1000 * bin.length) / totalMs
  })
  return instanceType.reduce((sum, t) => sum + typeRate[t], 0)
}
