import { fluidBound } from '../bound/fluid.ts'
import type { KernelName } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import type { ArrivalProcess } from '../model/arrivals.ts'
import { checkGiven, checkWhole, type OptionNames } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import { fewestQueries } from '../model/latencies.ts'
import type { OnProgress } from '../model/progress.ts'
import type { AllowableThroughput } from '../model/results/capacity.ts'
import { DEFAULT_SERVICE } from '../model/service.ts'
import { checkWorkload } from '../model/workload.ts'
import { type FleetSettings, prepare, type ReplaySettings } from './input.ts'
import { estimate } from './interval.ts'
import { type Edge, largestRate } from './largest-rate.ts'
import { AUTO, fewestFor } from './length.ts'
import { drawsOf, type Load, type Repetition, repetitionOf } from './repetition.ts'
import { openTrials, type TrialLog, type Trials } from './trials.ts'

/** How allowable throughput is measured. */
export interface Measurement extends ReplaySettings {
  /** Queries of a repetition; `auto` by default: as many as arrive in 100 times QoS, from 20,000 to 200,000. */
  readonly queries?: number | typeof AUTO | undefined
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
  readonly onProgress?: OnProgress | undefined
}

const OPTIONS: OptionNames<ThroughputRequest> = {
  onProgress: true,
  queries: true,
  repeats: true,
  seed: true,
  arrivals: true,
  cv: true,
  threads: true,
  kernel: true,
  signal: true,
  log: true,
  workload: true,
  policy: true,
  service: true,
  types: true,
  counts: true,
  slots: true,
}

/** A measurement with its defaults. */
export interface MeasurementPlan {
  readonly load: Load & { readonly service: NonNullable<ReplaySettings['service']> }
  readonly repeats: number
  readonly seed: number
  readonly threads: number
}

/**
 * The largest rate, to 0.5%, at which the percentile of latency stays inside QoS, the queue does not grow and no query
 * waits for ever (docs/architecture.md, "Allowable throughput"). A repetition draws gaps, sizes and service times once,
 * and only scales the gaps: every rate, configuration and policy gets the same draws. Sampled service times by default.
 *
 * Blocks the calling thread for some ten milliseconds at a time, or runs on other threads. The result is the same for
 * any number of threads and for either kernel.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload; BAD_USAGE for options that
 *   are not usable; the reason of `signal` where it aborts
 */
export async function allowableThroughput(request: ThroughputRequest): Promise<AllowableThroughput> {
  checkGiven(request, OPTIONS)
  const { kernel, signal, log, onProgress } = request
  const configuration = prepare(request)
  const { workload, types, counts, slots, service } = request
  const { load, repeats, seed, ...plan } = planOf(request, () =>
    fluidBound(workload, types, counts, { service, slots }),
  )
  // errors of the request are thrown here, before threads are started
  const first = repetitionOf(configuration, drawsOf(load, seed))
  const repetition = (k: number) => (k === 0 ? first : repetitionOf(configuration, drawsOf(load, seed + k)))
  const trials = await openTrials({ threads: Math.min(plan.threads, repeats), kernel, signal, log })
  try {
    const found = await measureThroughput(trials, repetition, repeats, onProgress)
    return { ...found, queries: load.queries }
  } finally {
    await trials.close()
  }
}

/**
 * @param rate the largest rate that is expected, queries per second
 * @throws KairosError BAD_USAGE for options that are not usable
 */
export function planOf(measurement: Measurement, rate: () => number): MeasurementPlan {
  const { workload, policy, repeats = 5, seed = 1 } = measurement
  const { threads = defaultThreads(), service = DEFAULT_SERVICE, arrivals = 'poisson', cv } = measurement
  checkWorkload(workload)
  const queries = queriesOfEach(measurement, rate)
  const least = fewestQueries(workload.percentile)
  if (!(Number.isSafeInteger(queries) && queries >= least)) {
    const cure = `the ${workload.percentile}th percentile needs a whole number, at least ${least}`
    throw new KairosError('BAD_USAGE', `is ${queries}`, { field: 'queries' }, cure)
  }
  checkWhole('repeats', repeats, 1, 10_000)
  checkWhole('threads', threads, 1)
  return { load: { workload, policy, service, arrivals, cv, queries }, repeats, seed, threads }
}

function queriesOfEach({ workload, queries = AUTO }: Measurement, rate: () => number): number {
  if (queries !== AUTO) return queries
  return Math.max(fewestFor(workload.qosMs, rate()), fewestQueries(workload.percentile))
}

/** The repetitions of one configuration, as many at a time as there are threads. */
export async function measureThroughput(
  trials: Trials,
  repetition: (k: number) => Repetition,
  repeats: number,
  onProgress?: OnProgress,
): Promise<Omit<AllowableThroughput, 'queries'>> {
  const found = new Array<Edge>(repeats)
  const bounds = new Array<number>(repeats)
  let done = 0
  let next = 0
  // a repetition draws its queries when it starts: those of all repetitions together would not fit the memory
  const takeTurns = async () => {
    while (next < repeats) {
      const k = next++
      const drawn = repetition(k)
      found[k] = await largestRate(trials, drawn)
      bounds[k] = drawn.bound()
      onProgress?.({ done: ++done, total: repeats })
    }
  }
  // one more than threads, so that no thread waits while queries are drawn
  const turns = trials.threads > 1 ? trials.threads + 1 : 1
  await Promise.all(Array.from({ length: turns }, takeTurns))
  const rates = found.map(({ rate }) => rate)
  return {
    ...estimate(rates),
    rates,
    bounds,
    ofBound: bounds.includes(0) ? null : estimate(rates.map((rate, k) => rate / bounds[k])),
    refused: found.map(({ refused }) => refused),
    replays: found.reduce((sum, { replays }) => sum + replays, 0),
  }
}
