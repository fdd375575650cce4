import type { KernelName } from '../kernel/contract.ts'
import { recentlyUsed } from '../model/recently-used.ts'
import type { Replay, ReplayFigures } from '../model/results/replay.ts'
import { generateTrace } from '../model/trace/generate-trace.ts'
import { checkTrace, rateOf, type Trace } from '../model/trace/trace.ts'
import { largestBin } from '../model/workload/latency-table.ts'
import { checkWorkload } from '../model/workload/workload.ts'
import { type FleetSettings, prepare, type Queries, queriesOf, replayInput } from './input.ts'
import type { JobKind, JobResults, RepetitionSetting, ReplayJob, SingleReplayJob } from './jobs.ts'
import { largestRate } from './largest-rate.ts'
import { metricsOf } from './metrics.ts'
import { drawsOf, type Repetition, repetitionOf } from './repetition.ts'
import { replayOf } from './replay.ts'
import type { Trials } from './trials.ts'

/** Configurations that are kept prepared: those of some jobs that run at the same time. */
const KEPT_CONFIGURATIONS = 16

/** Queries that are kept in memory for the next jobs that share them: some hundred megabytes. */
export const KEPT_QUERIES = 2 ** 23

/** Runs one job. */
export type PerformJob = <K extends JobKind>(job: ReplayJob<K>) => Promise<JobResults[K]>

/**
 * Runs jobs, whose draws and prepared configurations are kept for the next job with the same ones.
 *
 * @param trialsOf where the replays of a kernel run
 * @param keptQueries how many queries may be kept in memory, at 20 bytes each
 */
export function jobPerformer(
  trialsOf: (kernel: KernelName | undefined) => Promise<Trials>,
  keptQueries: number,
): PerformJob {
  const idOf = identities()
  const draws = recentlyUsed(keptQueries, (drawn: ReturnType<typeof drawsOf>) => drawn.queries.bin.length)
  const configurations = recentlyUsed(KEPT_CONFIGURATIONS, (_: ReturnType<typeof prepare>) => 1)
  const preparedFleet = (job: FleetSettings) => {
    const { workload, types, counts, slots, policy } = job
    const named = typeof policy === 'object' ? idOf(policy) : policy
    const fleet = JSON.stringify([idOf(workload), types, counts, slots, named])
    return configurations.get(fleet, () => prepare(job))
  }
  const repetition = (job: RepetitionSetting): Repetition => {
    const { workload, service, arrivals, cv, queries, seed } = job
    const load = JSON.stringify([idOf(workload), service, arrivals, cv, queries, seed])
    return repetitionOf(
      preparedFleet(job),
      draws.get(load, () => drawsOf(job, seed)),
    )
  }
  const loads = recentlyUsed(keptQueries, (load: LoadedTrace) => load.trace.arrivalMs.length)
  const replayed = async (job: SingleReplayJob, trials: Trials): Promise<ReplayFigures> => {
    const { workload, service, load, seed } = job
    const named = 'arrivalMs' in load ? idOf(load) : load
    const key = JSON.stringify([idOf(workload), service, named, seed])
    const { trace, queries } = loads.get(key, () => loadedTrace(job))
    const input = replayInput(preparedFleet(job), queries)
    return figuresOf(replayOf({ ...job, trace }, input, await trials.replay(input)))
  }
  const perform = async (job: ReplayJob): Promise<JobResults[JobKind]> => {
    const trials = await trialsOf(job.kernel)
    if (job.kind === 'replay') return replayed(job, trials)
    const drawn = repetition(job)
    if (job.kind === 'trial') return { holds: await trials.holds(drawn, job.rate) }
    return { ...(await largestRate(trials, drawn)), bound: drawn.bound() }
  }
  return perform as PerformJob
}

interface LoadedTrace {
  readonly trace: Trace
  readonly queries: Queries
}

/** The trace of a job, and its queries as a kernel takes them. @throws KairosError as `replay` */
function loadedTrace(job: SingleReplayJob): LoadedTrace {
  const { workload, load, seed } = job
  checkWorkload(workload)
  const trace = 'arrivalMs' in load ? load : generateTrace({ ...load, seed, mix: workload.mix })
  checkTrace(trace, { maxBatchSize: largestBin(workload.latency) })
  return { trace, queries: queriesOf(job, trace, seed) }
}

function figuresOf(run: Replay): ReplayFigures {
  const { byBatchSize, queue, ...figures } = metricsOf(run)
  const rate = rateOf(run)
  return { rate: Number.isNaN(rate) ? null : rate, ...figures }
}

/** A number for each object: the same one for the same object. */
function identities(): (object: object) => number {
  const numbers = new WeakMap<object, number>()
  let last = 0
  return (object) => {
    const number = numbers.get(object) ?? ++last
    numbers.set(object, number)
    return number
  }
}
