import { inLanes } from '../kernel/pool.ts'
import { KairosError } from '../model/errors.ts'
import type {
  JobKind,
  JobProgress,
  JobResults,
  JobSet,
  ReplayJob,
  ReplayJobs,
  SubmitOptions,
} from './jobs.ts'
import { jobPerformer, type PerformJob } from './perform-job.ts'
import { openTrials, type TrialSetting } from './trials.ts'

/**
 * Jobs on threads of this machine. The results are the same for any number of threads.
 *
 * @param keptQueries how many queries may be kept in memory for the next job: 0 where no two jobs share a seed
 */
export async function openLocalJobs(setting: TrialSetting, keptQueries: number): Promise<ReplayJobs> {
  const trials = await openTrials(setting)
  const perform = jobPerformer(async () => trials, keptQueries)
  // one more than threads, so that no thread waits while queries are drawn
  const lanes = trials.threads > 1 ? trials.threads + 1 : 1
  return {
    width: trials.threads,
    submit: (jobs, options) => localSet(perform, lanes, jobs, options),
    close: () => trials.close(),
  }
}

function localSet<K extends JobKind>(
  perform: PerformJob,
  lanes: number,
  jobs: readonly ReplayJob<K>[],
  { signal, onProgress }: SubmitOptions = {},
): JobSet<JobResults[K]> {
  const results = new Array<JobResults[K]>(jobs.length)
  let cancelled = false
  let progress: JobProgress = { total: jobs.length, done: 0, found: 0, failed: 0 }
  const work = async (i: number) => {
    if (cancelled) throw new KairosError('ABORTED', 'the jobs were cancelled')
    signal?.throwIfAborted()
    results[i] = await perform(jobs[i])
    progress = { ...progress, done: progress.done + 1 }
    onProgress?.(progress)
  }
  const finished = inLanes(lanes, jobs.keys(), work)
  // a caller that cancels need not collect: its rejection is no unhandled one
  finished.catch(() => undefined)
  return {
    get progress() {
      return progress
    },
    collect: () => finished.then(() => results),
    cancel: async () => {
      cancelled = true
    },
  }
}
