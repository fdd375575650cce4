import { fluidBound } from '../bound/fluid.ts'
import type { KernelName } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import { checkGiven, checkWhole, MOST_THREADS, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import type { OnProgress } from '../model/progress.ts'
import { checkSeed } from '../model/random.ts'
import type { AllowableThroughput } from '../model/results/capacity.ts'
import { fewestQueries } from '../model/results/latencies.ts'
import type { ArrivalProcess } from '../model/workload/arrivals.ts'
import { DEFAULT_SERVICE } from '../model/workload/service.ts'
import { checkWorkload } from '../model/workload/workload.ts'
import { type FleetSettings, prepare, type ReplaySettings } from './input.ts'
import { estimate } from './interval.ts'
import type { JobResults, RepetitionSetting, ReplayJobs, SubmitOptions } from './jobs.ts'
import { AUTO, enoughQueries } from './length.ts'
import { openLocalJobs } from './local-jobs.ts'
import { drawsOf, type Load } from './repetition.ts'
import type { TrialLog } from './trials.ts'

/** How allowable throughput is measured. */
export interface Measurement extends ReplaySettings {
  /**
   * Queries of a repetition; `auto` by default: as many as arrive in 100 times QoS and as let 20 be late, from 20,000
   * to 200,000.
   */
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
  /** Where repetitions run; on threads of this machine by default. `openQueue` opens the workers of a queue. */
  readonly jobs?: ReplayJobs | undefined
}

export const MEASUREMENT_OPTIONS: OptionNames<Measurement> = {
  queries: true,
  repeats: true,
  seed: true,
  arrivals: true,
  cv: true,
  threads: true,
  kernel: true,
  signal: true,
  log: true,
  jobs: true,
  workload: true,
  policy: true,
  service: true,
}

export interface ThroughputRequest extends Measurement, FleetSettings {
  /** Called with repetitions done and to do. */
  readonly onProgress?: OnProgress | undefined
}

const OPTIONS: OptionNames<ThroughputRequest> = {
  ...MEASUREMENT_OPTIONS,
  onProgress: true,
  types: true,
  counts: true,
  slots: true,
}

/** A measurement that was checked, with its defaults. */
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
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload; TOO_LARGE for more than 16 types
 *   with instances; BAD_USAGE for options that are not usable; the reason of `signal` where it aborts
 */
export async function allowableThroughput(request: ThroughputRequest): Promise<AllowableThroughput> {
  checkGiven(request, OPTIONS)
  const { kernel, signal, log, onProgress } = request
  prepare(request)
  const { workload, types, counts, slots, service } = request
  // refuses too many types, and what has no bound, before the first replay, even if the number of queries is given
  const bound = fluidBound(workload, types, counts, { service, slots })
  const { load, repeats, seed, ...plan } = planOf(request, () => bound)
  const setting = { ...load, types, counts, slots, kernel }
  const threads = Math.min(plan.threads, repeats)
  const jobs = request.jobs ?? (await openLocalJobs({ threads, kernel, signal, log }, 0))
  try {
    const found = await measureRepetitions(jobs, setting, { seed, repeats, signal, onProgress })
    return { ...throughputOf(found), queries: load.queries }
  } finally {
    if (jobs !== request.jobs) await jobs.close()
  }
}

/** @throws KairosError BAD_USAGE unless it is a number of repetitions */
export function checkRepeats(repeats: number): void {
  checkWhole('repeats', repeats, 1, 10_000)
}

/**
 * Checks a measurement, and gives it its defaults.
 *
 * @param rate the largest rate expected, queries per second; asked only if the number of queries depends on it
 * @throws KairosError BAD_USAGE for options that are not usable
 */
export function planOf(measurement: Measurement, rate: () => number): MeasurementPlan {
  const { workload, policy, repeats = 5, seed = 1, jobs, log } = measurement
  const { threads = defaultThreads(), service = DEFAULT_SERVICE, arrivals = 'poisson', cv } = measurement
  checkWorkload(workload)
  const queries = queriesOfEach(measurement, rate)
  const least = fewestQueries(workload.percentile)
  if (!(Number.isSafeInteger(queries) && queries >= least)) {
    const cure = `the ${workload.percentile}th percentile needs a whole number, at least ${least}`
    refuseUsage('queries', `is ${valueText(queries)}`, cure)
  }
  checkRepeats(repeats)
  checkSeed(seed, repeats)
  checkWhole('threads', threads, 1, MOST_THREADS)
  const load = { workload, policy, service, arrivals, cv, queries }
  // errors of the load are thrown here, before threads are started
  drawsOf({ ...load, queries: least }, seed)
  if (jobs && log) {
    const cure = 'a queue finds repeated replays without a log: leave it out'
    refuseUsage('log', 'does not go with a queue', cure)
  }
  return { load, repeats, seed, threads }
}

function queriesOfEach({ workload, queries = AUTO }: Measurement, rate: () => number): number {
  if (queries !== AUTO) return queries
  return Math.max(enoughQueries(workload, rate()), fewestQueries(workload.percentile))
}

/** A repetition that was measured. */
export type MeasuredRepetition = JobResults['largest-rate']

/** The repetitions of one configuration, each with a seed of its own. */
export function measureRepetitions(
  jobs: ReplayJobs,
  setting: Omit<RepetitionSetting, 'seed'>,
  { seed, repeats, signal, onProgress }: MeasureOptions,
): Promise<MeasuredRepetition[]> {
  const repetitions = Array.from({ length: repeats }, (_, k) => {
    return { ...setting, kind: 'largest-rate', seed: seed + k } as const
  })
  const set = jobs.submit(repetitions, {
    signal,
    onProgress: onProgress && (({ done, total }) => onProgress({ done, total })),
  })
  return set.collect()
}

/** The allowable throughput that some repetitions have measured, and its share of their bounds. */
export function throughputOf(found: readonly MeasuredRepetition[]): Omit<AllowableThroughput, 'queries'> {
  const rates = found.map(({ rate }) => rate)
  const bounds = found.map(({ bound }) => bound)
  return {
    ...estimate(rates),
    rates,
    bounds,
    ofBound: bounds.includes(0) ? null : estimate(rates.map((rate, k) => rate / bounds[k])),
    refused: found.map(({ refused }) => refused),
    replays: found.reduce((sum, { replays }) => sum + replays, 0),
  }
}

/** The repetitions: their number, and the seed of the first. */
interface MeasureOptions extends Pick<SubmitOptions, 'signal'> {
  readonly seed: number
  readonly repeats: number
  readonly onProgress?: OnProgress | undefined
}
