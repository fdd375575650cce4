/**
 * Jobs that one collector has submitted. What is stored in Redis decides: an event only tells that a job may be done. So a
 * collector that missed events, or that is started again, finds every result, each once.
 */
import { KairosError } from '../model/errors.ts'
import type { JobProgress, JobSet, SubmitOptions } from '../replay/jobs.ts'
import { resultOf } from './outcome.ts'
import { addJobs, findJobs, type JobStore, removeJobs, retryJob, type StoredJob } from './store.ts'
import { describeJob, type EncodedJob } from './wire.ts'

/** Jobs that are looked up at a time. */
const BATCH = 500

/** Looks at jobs of which no event came: soon at first, then seldom, ms. */
const FIRST_LOOK_MS = 100
const LAST_LOOK_MS = 2_000

/** Failed jobs that an error names. */
const NAMED = 3

/** A set, and what the queue tells it. */
export interface OpenSet<Result> extends JobSet<Result> {
  /** A job may be done. */
  touch(id: string): void
  /** Resolves when the set is collected or given up, and its jobs are no longer waiting. */
  readonly ended: Promise<void>
}

/** A job without a result, and its places in the results. */
interface OpenJob {
  readonly job: EncodedJob
  readonly places: number[]
}

/** The jobs of a set as they travel. */
interface SetContent {
  /** Encodes them, and stores their content. */
  encode(): Promise<readonly EncodedJob[]>
  /** Stores their content where the server has lost it. */
  restore(): Promise<void>
}

/**
 * @param content of the jobs, `total` in number
 * @param explain tells the user about an error of the server
 */
export function openSet<Result>(
  store: JobStore,
  total: number,
  content: SetContent,
  explain: (error: unknown) => Error,
  { signal, onProgress }: SubmitOptions = {},
): OpenSet<Result> {
  const results = new Array<Result>(total)
  const open = new Map<string, OpenJob>()
  const touched = new Set<string>()
  const failures: string[] = []
  let progress: JobProgress = { total, done: 0, found: 0, failed: 0 }
  let wake: () => void = () => undefined
  let stop: (reason: unknown) => void
  const stopped = new Promise<never>((_, reject) => {
    stop = reject
  })

  /** Takes what is stored of some jobs; adds those that are not there. */
  const take = async (ids: readonly string[], isFirst: boolean) => {
    const missing: EncodedJob[] = []
    for (const [i, stored] of (await findJobs(store, ids)).entries()) {
      // another look may have settled it meanwhile
      const found = open.get(ids[i])
      if (found === undefined) continue
      if (stored === undefined) missing.push(found.job)
      else if (isFirst && stored.failedReason !== undefined) await retryJob(store.queue, ids[i])
      else settle(found, stored, isFirst)
    }
    // jobs that were there and are not: the server may have lost all of its data
    if (missing.length > 0 && !isFirst) await content.restore()
    await addJobs(store.queue, missing)
    onProgress?.(progress)
  }
  const settle = ({ job, places }: OpenJob, { result, failedReason }: StoredJob, isFirst: boolean) => {
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
      found: progress.found + (has && isFirst ? jobs : 0),
      failed: progress.failed + (has ? 0 : jobs),
    }
  }
  const run = async () => {
    for (const [place, job] of (await content.encode()).entries()) {
      const same = open.get(job.id)
      if (same) same.places.push(place)
      else open.set(job.id, { job, places: [place] })
    }
    const ids = [...open.keys()]
    for (let at = 0; at < ids.length; at += BATCH) await take(ids.slice(at, at + BATCH), true)
    for (let lookMs = FIRST_LOOK_MS; open.size > 0; ) {
      if (touched.size === 0) await rest(lookMs)
      lookMs = touched.size > 0 ? lookMs : Math.min(2 * lookMs, LAST_LOOK_MS)
      await take(nextOf(touched.size > 0 ? touched : open, touched), false)
    }
    if (failures.length > 0) throw failed(failures, total)
  }
  /** Up to a batch of ids. Those of events are taken; those that were only looked at come last the next time. */
  const nextOf = (from: { keys(): Iterable<string> }, events: Set<string>): string[] => {
    const ids: string[] = []
    for (const id of from.keys()) if (ids.push(id) === BATCH) break
    for (const id of ids) {
      const job = open.get(id)
      if (!events.delete(id) && job && open.delete(id)) open.set(id, job)
    }
    return ids
  }
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const explained = () =>
    run().catch((error: unknown) => {
      throw explain(error)
    })
  const abort = () => stop(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const collected = Promise.race([explained(), stopped])
    .then(() => results)
    .finally(() => signal?.removeEventListener('abort', abort))
  const ended = collected.then(
    () => undefined,
    async () => {
      const left = [...open.keys()]
      open.clear()
      wake()
      await removeJobs(store.queue, left)
    },
  )
  // who cancels may not collect
  ended.catch(() => undefined)
  return {
    get progress() {
      return progress
    },
    ended,
    touch(id) {
      if (!open.has(id)) return
      touched.add(id)
      wake()
    },
    collect: () => collected,
    async cancel() {
      stop(new KairosError('ABORTED', 'the jobs were cancelled'))
      await ended
    },
  }
}

function failed(failures: readonly string[], total: number): KairosError {
  const more = failures.length > NAMED ? `, and ${failures.length - NAMED} more` : ''
  const problem = `${failures.length} of ${total} jobs failed: ${failures.slice(0, NAMED).join('; ')}${more}`
  const cure = 'remove the cause and run it again: only these are done again'
  return new KairosError('QUEUE', problem, {}, cure)
}
