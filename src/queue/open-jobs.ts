/** The jobs of a set that have no result yet, and the results that came. */
import type { JobProgress } from '../replay/jobs.ts'
import { resultOf } from './outcome.ts'
import type { StoredJob } from './store.ts'
import { describeJob, type EncodedJob } from './wire.ts'

/** Jobs that are looked up at a time. */
export const BATCH = 500

interface OpenJobs<Result> {
  /** In the order of the jobs. */
  readonly results: Result[]
  /** One line for each job that failed. */
  readonly failures: readonly string[]
  readonly progress: JobProgress
  readonly size: number
  /** Whether there was an event of an open job since it was last in `nextIds`. */
  readonly hasEvents: boolean
  /** Adds the jobs of the set, in their order. */
  add(jobs: readonly EncodedJob[]): void
  ids(): string[]
  find(id: string): EncodedJob | undefined
  /** Notes an event of a job. @returns whether the job is open */
  touch(id: string): boolean
  /**
   * Returns up to BATCH ids. Ids with events are removed from `events`; polled ids move to the end of `open`, so that
   * polling cycles through all jobs.
   */
  nextIds(): string[]
  /** Takes the result or failure of an open job, if it has one. @param isFound whether it was there before the set */
  settle(job: EncodedJob, stored: StoredJob, isFound: boolean): void
}

/** @param total the number of jobs in the set */
export function openJobs<Result>(total: number): OpenJobs<Result> {
  const results = new Array<Result>(total)
  const failures: string[] = []
  /** Each open job, with its places in the results. */
  const open = new Map<string, { readonly job: EncodedJob; readonly places: number[] }>()
  const events = new Set<string>()
  let progress: JobProgress = { total, done: 0, found: 0, failed: 0 }
  return {
    results,
    failures,
    get progress() {
      return progress
    },
    get size() {
      return open.size
    },
    get hasEvents() {
      return events.size > 0
    },
    add(jobs) {
      for (const [place, job] of jobs.entries()) {
        const same = open.get(job.id)
        if (same) same.places.push(place)
        else open.set(job.id, { job, places: [place] })
      }
    },
    ids: () => [...open.keys()],
    find: (id) => open.get(id)?.job,
    touch(id) {
      const isOpen = open.has(id)
      if (isOpen) events.add(id)
      return isOpen
    },
    nextIds() {
      const ids = [...(events.size > 0 ? events : open.keys())].slice(0, BATCH)
      for (const id of ids) {
        const job = open.get(id)
        if (!events.delete(id) && job && open.delete(id)) open.set(id, job)
      }
      return ids
    },
    settle(job, { result, failedReason }, isFound) {
      const places = open.get(job.id)?.places ?? []
      if (result === undefined && failedReason === undefined) return
      open.delete(job.id)
      if (result !== undefined) {
        const value = resultOf<Result>(result)
        for (const place of places) results[place] = value
      } else failures.push(`${describeJob(job.data)}: ${failedReason}`)
      const [jobs, has] = [places.length, result !== undefined]
      progress = {
        ...progress,
        done: progress.done + (has ? jobs : 0),
        found: progress.found + (has && isFound ? jobs : 0),
        failed: progress.failed + (has ? 0 : jobs),
      }
    },
  }
}
