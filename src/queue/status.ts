/** What is in a queue, by version of the engine, and removing it. */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { checkGiven, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import type { QueueStatus, VersionStatus } from '../model/results/queue-status.ts'
import { parseQueueUrl } from './address.ts'
import {
  bullmq,
  connect,
  disconnect,
  guardedNotes,
  memoryPolicy,
  type OnNote,
  queueError,
} from './connection.ts'
import { CONTENT } from './content.ts'
import { engineVersion, PREFIX, queueName, VERSIONS } from './names.ts'
import { describeJob } from './wire.ts'

/** What `cleanQueue` removed. */
export interface QueueCleaning {
  readonly done: number
  readonly failed: number
  /** Jobs that waited or ran; 0 unless `all` was given. */
  readonly unfinished: number
  readonly contents: number
}

/** Options of `cleanQueue`. */
export interface CleanOptions {
  /** Removes everything, jobs that wait and run included. Not with `olderThanHours`. */
  readonly all?: boolean | undefined
  /** Only what has been there for this time; 0 by default. */
  readonly olderThanHours?: number | undefined
  /** Receives lines for the user. */
  readonly onNote?: OnNote | undefined
}

const CLEAN_OPTIONS: OptionNames<CleanOptions> = { all: 'flag', olderThanHours: true, onNote: true }

/** Failed jobs of a version that are listed. */
const LISTED = 10

/** Jobs that are removed by one command. */
const BATCH = 1000

/**
 * The state of a queue.
 *
 * @throws KairosError BAD_USAGE for the URL; QUEUE where the server does not answer
 */
export function queueStatus(url: string): Promise<QueueStatus> {
  return withServer(
    url,
    () => undefined,
    async (redis, server) => {
      const versions: VersionStatus[] = []
      await eachVersion(redis, async (queue, version) => void versions.push(await statusOf(queue, version)))
      return {
        server,
        version: engineVersion(),
        versions,
        contents: (await contentKeys(redis)).length,
        memoryBytes: Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0),
        memoryPolicy: (await memoryPolicy(redis)) ?? 'unknown',
      }
    },
  )
}

/**
 * Removes jobs that are done or have failed, of all versions. Workloads and traces are removed too, unless jobs are
 * left unfinished or `olderThanHours` is above 0: then they expire a week after their last use.
 *
 * @throws KairosError BAD_USAGE for the URL and the options; QUEUE where the server does not answer
 */
export async function cleanQueue(url: string, options: CleanOptions = {}): Promise<QueueCleaning> {
  checkGiven(options, CLEAN_OPTIONS)
  const { all = false, olderThanHours = 0 } = options
  if (!(Number.isFinite(olderThanHours) && olderThanHours >= 0)) {
    const problem = `is ${valueText(olderThanHours)}`
    const cure = 'a number of hours >= 0 is expected'
    refuseUsage('olderThanHours', problem, cure)
  }
  if (all && options.olderThanHours !== undefined) {
    const cure = 'leave one of them out: all removes everything, of any age'
    refuseUsage('olderThanHours', 'is given together with all', cure)
  }
  return withServer(url, guardedNotes(options.onNote), async (redis) => {
    const removed = { done: 0, failed: 0, unfinished: 0 }
    let unfinished = 0
    await eachVersion(redis, async (queue, version) => {
      const before = await statusOf(queue, version)
      const open = before.waiting + before.running + before.retrying
      if (all) {
        removed.done += before.done
        removed.failed += before.failed
        removed.unfinished += open
        await removeAll(queue)
        // workers write keys as long as they run: another cleaning removes them
        if (before.workers === 0) await redis.srem(VERSIONS, version)
        return
      }
      removed.done += await cleaned(queue, 'completed', olderThanHours)
      removed.failed += await cleaned(queue, 'failed', olderThanHours)
      unfinished += open
    })
    // content whose jobs are submitted again is stored again
    const contents = unfinished === 0 && olderThanHours === 0 ? await contentKeys(redis) : []
    if (contents.length > 0) await redis.unlink(contents)
    return { ...removed, contents: contents.length }
  })
}

async function statusOf(queue: Queue, version: string): Promise<VersionStatus> {
  const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed', 'completed')
  const failed = await queue.getFailed(0, LISTED - 1)
  return {
    version,
    workers: await queue.getWorkersCount(),
    waiting: counts.wait,
    running: counts.active,
    retrying: counts.delayed,
    failed: counts.failed,
    done: counts.completed,
    failures: failed.map(({ data, failedReason }) => ({
      job: describeJob(data),
      reason: failedReason ?? '',
    })),
  }
}

/** Removes a queue. BullMQ pauses it for that: only for what is left, because one that stays paused does no job. */
async function removeAll(queue: Queue): Promise<void> {
  for (const state of ['wait', 'delayed', 'completed', 'failed'] as const) await cleaned(queue, state, 0)
  try {
    await queue.obliterate({ force: true })
  } catch (error) {
    await queue.resume()
    throw error
  }
}

async function cleaned(
  queue: Queue,
  state: 'wait' | 'delayed' | 'completed' | 'failed',
  hours: number,
): Promise<number> {
  let count = 0
  for (;;) {
    const ids = await queue.clean(hours * 3_600_000, BATCH, state)
    count += ids.length
    if (ids.length < BATCH) return count
  }
}

async function contentKeys(redis: Redis): Promise<string[]> {
  const keys: string[] = []
  for await (const page of redis.scanStream({ match: `${CONTENT}*`, count: BATCH })) keys.push(...page)
  return [...new Set(keys)]
}

async function eachVersion(
  redis: Redis,
  work: (queue: Queue, version: string) => Promise<void>,
): Promise<void> {
  const { Queue } = bullmq()
  const versions = await redis.smembers(VERSIONS)
  for (const version of versions.sort()) {
    const queue = new Queue(queueName(version), {
      connection: redis,
      prefix: PREFIX,
      skipVersionCheck: true,
      skipMetasUpdate: true,
    })
    queue.on('error', () => undefined)
    try {
      await work(queue, version)
    } finally {
      await queue.close()
    }
  }
}

async function withServer<T>(
  url: string,
  onNote: OnNote,
  work: (redis: Redis, server: string) => Promise<T>,
): Promise<T> {
  const address = parseQueueUrl(url)
  const redis = await connect(address, onNote)
  try {
    return await work(redis, address.name)
  } catch (error) {
    throw queueError(address, error)
  } finally {
    disconnect(redis)
  }
}
