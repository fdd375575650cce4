/** Jobs in Redis: BullMQ keeps each in a hash, with its result once it is done. */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { KEPT_SECONDS } from './content.ts'
import type { EncodedJob } from './wire.ts'

/** Where jobs are. */
export interface JobStore {
  readonly queue: Queue
  readonly redis: Redis
}

/** A job that is in the queue. */
export interface StoredJob {
  /** What the worker returned; absent while it is not done. */
  readonly result?: string
  /** Why the last attempt failed, where no other follows. */
  readonly failedReason?: string
}

/** Attempts of a job that throws. */
const ATTEMPTS = 3

/** The wait before the second attempt, ms; twice as long before the third. */
const BACKOFF_MS = 500

/** Results that are kept: at about a kilobyte each, a gigabyte. */
const MOST_RESULTS = 1_000_000

/** BullMQ's codes for a job that is not there, and for one that has not failed. */
const NOT_FAILED: ReadonlySet<unknown> = new Set([-1, -3])

const KEPT = { age: KEPT_SECONDS, count: MOST_RESULTS }

/** The state of each job; undefined where there is none. */
export async function findJobs(
  { queue, redis }: JobStore,
  ids: readonly string[],
): Promise<(StoredJob | undefined)[]> {
  const pipeline = redis.pipeline()
  for (const id of ids)
    pipeline.hmget(queue.toKey(id), 'timestamp', 'finishedOn', 'returnvalue', 'failedReason')
  const replies = (await pipeline.exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error) throw error
    const [timestamp, finishedOn, result, failedReason] = reply as (string | null)[]
    if (timestamp === null) return undefined
    // a job that is tried again keeps the reason of its last failure
    if (finishedOn === null) return {}
    return result === null
      ? { failedReason: failedReason ?? 'unknown' }
      : { result: JSON.parse(result) as string }
  })
}

/** Adds jobs. One that is there already stays as it is. */
export async function addJobs(queue: Queue, jobs: readonly EncodedJob[]): Promise<void> {
  if (jobs.length === 0) return
  await queue.addBulk(
    jobs.map(({ id, data }) => ({
      name: data.kind,
      data,
      opts: {
        jobId: id,
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: BACKOFF_MS },
        removeOnComplete: KEPT,
        removeOnFail: KEPT,
        stackTraceLimit: 1,
      },
    })),
  )
}

/** Lets a failed job be tried again. Another collector may do so at the same moment, or remove it. */
export async function retryJob(queue: Queue, id: string): Promise<void> {
  const job = await queue.getJob(id)
  await job?.retry('failed').catch((error: unknown) => {
    if (!NOT_FAILED.has((error as { code?: unknown }).code)) throw error
  })
}

/** Removes jobs that wait. Those that run stay: their results are stored. */
export async function removeJobs(queue: Queue, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map(async (id) => {
      const job = await queue.getJob(id)
      if (job && !(await job.isFailed()) && !(await job.isCompleted()))
        await job.remove().catch(() => undefined)
    }),
  )
}
