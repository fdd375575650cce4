import type { Configured } from '../dispatch/setup.ts'
import type { ReplayInput } from '../kernel/dispatch-contract.ts'
import type { ArrivalProcess } from '../model/arrivals.ts'
import { digestOf } from '../model/digest.ts'
import { generateTrace } from '../model/generate-trace.ts'
import { allowedViolations } from '../model/latencies.ts'
import { type Dispatching, type Queries, queriesOf, replayInput } from './input.ts'

/** What the queries of repetitions are drawn from. */
export interface Load extends Dispatching {
  readonly arrivals: ArrivalProcess
  readonly cv?: number | undefined
  readonly queries: number
}

/** What one seed draws, whatever the configuration: gaps, sizes and service times. Only the gaps are scaled. */
export interface Luck {
  readonly queries: Queries
  readonly allowedViolations: number
  arrivalsAt(rate: number): Float64Array
  /** A hash of all of it. */
  readonly digest: () => string
}

/** A configuration on the luck of one seed, at any rate. */
export interface Repetition {
  inputAt(rate: number): ReplayInput
  /** Queries a second if every instance served the whole mix without a pause: where to look first. */
  readonly firstRate: number
  /** A hash of everything but the rate that the outcome depends on. */
  readonly key: () => string
}

/** Queries a second of the arrivals that are scaled. */
const UNIT_RATE = 1000

/** @throws KairosError BAD_USAGE for a load that cannot be drawn */
export function luckOf(load: Load, seed: number): Luck {
  const { workload, arrivals, cv } = load
  const recipe = { arrivals, cv, queries: load.queries, seed, mix: workload.mix }
  const queries = queriesOf(load, generateTrace({ ...recipe, rate: UNIT_RATE }), seed)
  return {
    queries,
    allowedViolations: allowedViolations(load.queries, workload.percentile),
    // gaps of whole milliseconds do not scale: they are drawn again for every rate
    arrivalsAt: (rate) =>
      arrivals === 'integer-gaps'
        ? generateTrace({ ...recipe, rate }).arrivalMs
        : queries.arrivalMs.map((at) => at * (UNIT_RATE / rate)),
    digest: once(() => digestOf({ ...queries, arrivals, percentile: workload.percentile })),
  }
}

export function repetitionOf(configured: Configured, luck: Luck): Repetition {
  const input: ReplayInput = {
    ...replayInput(configured, luck.queries),
    record: false,
    stopAfterViolations: luck.allowedViolations,
  }
  return {
    inputAt: (rate) => ({ ...input, arrivalMs: luck.arrivalsAt(rate) }),
    firstRate: servedOneByOne(input),
    key: once(() => digestOf({ configuration: configurationDigest(configured), luck: luck.digest() })),
  }
}

/** By configurations: their repetitions share it. */
const known = new WeakMap<Configured, string>()

function configurationDigest(configured: Configured): string {
  const digest = known.get(configured) ?? digestOf({ ...configured })
  known.set(configured, digest)
  return digest
}

function servedOneByOne({ bin, bins, meanMs, types, instanceType }: ReplayInput): number {
  const queries = new Float64Array(bins)
  for (const k of bin) queries[k]++
  const typeRate = Array.from({ length: types }, (_, t) => {
    const totalMs = queries.reduce((sum, count, k) => sum + count * meanMs[t * bins + k], 0)
    return (1000 * bin.length) / totalMs
  })
  return instanceType.reduce((sum, t) => sum + typeRate[t], 0)
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
