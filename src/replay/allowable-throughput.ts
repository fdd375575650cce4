import type { KernelName } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import type { ArrivalProcess } from '../model/arrivals.ts'
import { checkGiven, checkWhole } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import { fewestQueries } from '../model/latencies.ts'
import type { AllowableThroughput } from '../model/results/capacity.ts'
import { checkWorkload } from '../model/workload.ts'
import { type FleetSettings, prepare, type ReplaySettings } from './input.ts'
import { estimate } from './interval.ts'
import { type Edge, largestRate } from './largest-rate.ts'
import { drawsOf, type Load, type Repetition, repetitionOf } from './repetition.ts'
import { openTrials, type TrialLog, type Trials } from './trials.ts'

/** How allowable throughput is measured. */
export interface Measurement extends ReplaySettings {
  /** Queries of a repetition; 20,000 by default. */
  readonly queries?: number | undefined
  /** Repetitions, each with a seed of its own: `seed`, `seed + 1`, ...; 5 by default. */
  readonly repeats?: number | undefined
  /** 1 by default. */
  readonly seed?: number | undefined
  /** Poisson arrivals by default. */
  readonly arrivals?: ArrivalProcess | undefined
  /** Coefficient of variation of gamma arrivals. */
  readonly cv?: number | undefined
  /** Threads to use; all of the machine by default. */
  readonly threads?: number | undefined
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  /** Outcomes of earlier replays; new ones are added. */
  readonly log?: TrialLog | undefined
}

export interface ThroughputRequest extends Measurement, FleetSettings {
  /** Called with repetitions done and to do. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** A measurement with its defaults. */
export interface MeasurementPlan {
  readonly load: Load & { readonly service: NonNullable<ReplaySettings['service']> }
  readonly repeats: number
  readonly seed: number
  readonly threads: number
}

/**
 * The largest rate, to 0.5%, at which the percentile of latency stays inside QoS and no query waits for ever
 * (docs/architecture.md, "Allowable throughput"). A repetition draws gaps, sizes and service times once, and only scales
 * the gaps: every rate, configuration and policy gets the same draws. Sampled service times by default.
 *
 * Blocks the calling thread for some ten milliseconds at a time, or runs on other threads. The result is the same for
 * any number of threads and for either kernel.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload; BAD_USAGE for options that
 *   are not usable; ABORTED by `signal`
 */
export async function allowableThroughput(request: ThroughputRequest): Promise<AllowableThroughput> {
  checkGiven(request)
  const { kernel, signal, log, onProgress } = request
  const { load, repeats, seed, ...plan } = planOf(request)
  const configuration = prepare(request)
  // errors of the request are thrown here, before threads are started
  const first = repetitionOf(configuration, drawsOf(load, seed))
  const repetition = (k: number) => (k === 0 ? first : repetitionOf(configuration, drawsOf(load, seed + k)))
  const trials = await openTrials({ threads: Math.min(plan.threads, repeats), kernel, signal, log })
  try {
    return await measureThroughput(trials, repetition, repeats, onProgress)
  } finally {
    await trials.close()
  }
}

/** @throws KairosError BAD_USAGE for options that are not usable */
export function planOf(measurement: Measurement): MeasurementPlan {
  const { workload, policy, queries = 20_000, repeats = 5, seed = 1 } = measurement
  const { threads = defaultThreads(), service = 'sampled', arrivals = 'poisson', cv } = measurement
  checkWorkload(workload)
  const least = fewestQueries(workload.percentile)
  if (!(Number.isSafeInteger(queries) && queries >= least)) {
    const cure = `the ${workload.percentile}th percentile needs a whole number, at least ${least}`
    throw new KairosError('BAD_USAGE', `is ${queries}`, { field: 'queries' }, cure)
  }
  checkWhole('repeats', repeats, 1, 10_000)
  checkWhole('threads', threads, 1)
  return { load: { workload, policy, service, arrivals, cv, queries }, repeats, seed, threads }
}

/** The repetitions of one configuration, as many at a time as there are threads. */
export async function measureThroughput(
  trials: Trials,
  repetition: (k: number) => Repetition,
  repeats: number,
  onProgress?: (done: number, total: number) => void,
): Promise<AllowableThroughput> {
  const found = new Array<Edge>(repeats)
  let done = 0
  let next = 0
  // a repetition draws its queries when it starts: those of all repetitions together would not fit the memory
  const takeTurns = async () => {
    while (next < repeats) {
      const k = next++
      found[k] = await largestRate(trials, repetition(k))
      onProgress?.(++done, repeats)
    }
  }
  // one more than threads, so that no thread waits while queries are drawn
  const turns = trials.threads > 1 ? trials.threads + 1 : 1
  await Promise.all(Array.from({ length: turns }, takeTurns))
  const rates = found.map(({ rate }) => rate)
  return {
    ...estimate(rates),
    rates,
    refused: found.map(({ refused }) => refused),
    replays: found.reduce((sum, { replays }) => sum + replays, 0),
  }
}
