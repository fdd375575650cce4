/**
 * Jobs that one collector has submitted. What is stored in Redis decides: an event only tells that a job may be done.
 * So a collector that missed events, or that is started again, finds every result, each once.
 */
import { KairosError } from '../model/errors.ts'
import type { JobSet, SubmitOptions } from '../replay/jobs.ts'
import { BATCH, openJobs } from './open-jobs.ts'
import { addJobs, findJobs, type JobStore, removeJobs, retryJob } from './store.ts'
import type { EncodedJob } from './wire.ts'

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
  const jobs = openJobs<Result>(total)
  /** Aborted when the set is given up. The collector does not wait for commands of the server then. */
  const giveUp = new AbortController()
  const givenUp = new Promise<never>((_, reject) => {
    giveUp.signal.addEventListener('abort', () => reject(giveUp.signal.reason))
  })
  const throwIfGivenUp = () => giveUp.signal.throwIfAborted()
  let wake: () => void = () => undefined
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Takes what is stored of some jobs; adds those that are not there. */
  const absorb = async (ids: readonly string[], isFirst: boolean) => {
    const missing: EncodedJob[] = []
    for (const [i, stored] of (await findJobs(store, ids)).entries()) {
      throwIfGivenUp()
      // another look may have settled it meanwhile
      const job = jobs.find(ids[i])
      if (job === undefined) continue
      if (stored === undefined) missing.push(job)
      else if (isFirst && stored.failedReason !== undefined) await retryJob(store.queue, ids[i])
      else jobs.settle(job, stored, isFirst)
    }
    // jobs that were there and are not: the server may have lost all of its data
    if (missing.length > 0 && !isFirst) await content.restore()
    throwIfGivenUp()
    await addJobs(store.queue, missing)
    throwIfGivenUp()
    onProgress?.(jobs.progress)
  }
  const run = async () => {
    throwIfGivenUp()
    jobs.add(await content.encode())
    throwIfGivenUp()
    const ids = jobs.ids()
    for (let at = 0; at < ids.length; at += BATCH) await absorb(ids.slice(at, at + BATCH), true)
    for (let lookMs = FIRST_LOOK_MS; jobs.size > 0; ) {
      throwIfGivenUp()
      if (!jobs.hasEvents) await rest(lookMs)
      throwIfGivenUp()
      lookMs = jobs.hasEvents ? lookMs : Math.min(2 * lookMs, LAST_LOOK_MS)
      await absorb(jobs.nextIds(), false)
    }
    if (jobs.failures.length > 0) throw failed(jobs.failures, total)
  }

  const abort = () => giveUp.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const running = run()
  const explained = running.catch((error: unknown) => {
    throw explain(error)
  })
  const collected = Promise.race([givenUp, explained])
    .then(() => jobs.results)
    .finally(() => signal?.removeEventListener('abort', abort))
  const ended = collected.then(
    () => undefined,
    async () => {
      wake()
      // a command that was sent before may still add jobs
      await running.catch(() => undefined)
      await removeJobs(store.queue, jobs.ids())
    },
  )
  // no one need wait for `ended`: a rejection of it must not end the process
  ended.catch(() => undefined)
  return {
    get progress() {
      return jobs.progress
    },
    ended,
    touch(id) {
      if (jobs.touch(id)) wake()
    },
    collect: () => collected,
    async cancel() {
      giveUp.abort(new KairosError('ABORTED', 'the jobs were cancelled'))
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
