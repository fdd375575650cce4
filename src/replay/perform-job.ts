import type { KernelName } from '../kernel/contract.ts'
import { recentlyUsed } from '../model/recently-used.ts'
import { prepare } from './input.ts'
import type { JobKind, JobResults, RepetitionSetting, ReplayJob } from './jobs.ts'
import { largestRate } from './largest-rate.ts'
import { drawsOf, type Repetition, repetitionOf } from './repetition.ts'
import type { Trials } from './trials.ts'

/** Configurations that are kept prepared: those of some jobs that run at the same time. */
const KEPT_CONFIGURATIONS = 16

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
  const repetition = (job: RepetitionSetting): Repetition => {
    const { workload, types, counts, slots, policy, service, arrivals, cv, queries, seed } = job
    const named = typeof policy === 'object' ? idOf(policy) : policy
    const fleet = JSON.stringify([idOf(workload), types, counts, slots, named])
    const load = JSON.stringify([idOf(workload), service, arrivals, cv, queries, seed])
    return repetitionOf(
      configurations.get(fleet, () => prepare(job)),
      draws.get(load, () => drawsOf(job, seed)),
    )
  }
  const perform = async (job: ReplayJob): Promise<JobResults[JobKind]> => {
    const trials = await trialsOf(job.kernel)
    const drawn = repetition(job)
    if (job.kind === 'trial') return { holds: await trials.holds(drawn, job.rate) }
    return { ...(await largestRate(trials, drawn)), bound: drawn.bound() }
  }
  return perform as PerformJob
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
