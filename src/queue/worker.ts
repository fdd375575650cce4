import type { Job } from 'bullmq'
import { checkTraceRoot, parseTraceRoot } from '../files/traces/stored/root.ts'
import { defaultThreads } from '../kernel/host.ts'
import { checkGiven, checkWhole, type OptionNames } from '../model/checks.ts'
import { parseQueueUrl } from './address.ts'
import {
  bullmq,
  connect,
  disconnect,
  goneFor,
  guardedNotes,
  isThereWithin,
  type OnNote,
  queueError,
} from './connection.ts'
import { getContent } from './content.ts'
import { engineVersion, PREFIX, queueName, VERSIONS } from './names.ts'
import { startJobThread } from './start-job-thread.ts'
import type { WireJob } from './wire.ts'

/** Options of `startQueueWorker`. */
export interface QueueWorkerOptions {
  /** Jobs at a time, each on a thread of its own; as many as the machine has processors by default. */
  readonly concurrency?: number | undefined
  /** Seconds after which the jobs of a worker that has died are given to another; 30 by default. */
  readonly leaseSeconds?: number | undefined
  /**
   * Where this worker finds traces that are named by their path: a folder, or an http:// or https:// URL, the password
   * to `https://user@host/` in KAIROS_TRACE_PASSWORD. It reads nothing that is not below it.
   */
  readonly traceRoot?: string | undefined
  /** Receives lines for the user: a lost connection, a job that failed. */
  readonly onNote?: OnNote | undefined
}

const OPTIONS: OptionNames<QueueWorkerOptions> = {
  concurrency: true,
  leaseSeconds: true,
  traceRoot: true,
  onNote: true,
}

/** A worker that takes jobs of its version from a queue. */
export interface QueueWorker {
  /** The version of the engine, whose jobs it takes. */
  readonly version: string
  readonly concurrency: number
  /** Jobs done. */
  readonly done: number
  /** Takes no further job, and resolves when the running ones are done. */
  close(): Promise<void>
  /** Ends at once. The running jobs are given to other workers when their lease is over. */
  abandon(): Promise<void>
}

/** A server that is gone for this time does not hold up the end of a worker, ms. */
const GONE_MS = 2_000

/** How often a job may lose its worker before it counts as failed. */
const MOST_LOST = 2

/**
 * Takes jobs from a queue until it is closed.
 *
 * @throws KairosError BAD_USAGE for the URL and the options; NO_FILE for a root that is no folder; QUEUE where the
 *   server does not answer
 */
export async function startQueueWorker(url: string, options: QueueWorkerOptions = {}): Promise<QueueWorker> {
  checkGiven(options, OPTIONS)
  const { concurrency = defaultThreads(), leaseSeconds = 30, traceRoot } = options
  const onNote = guardedNotes(options.onNote)
  const address = parseQueueUrl(url)
  checkWhole('concurrency', concurrency, 1, 1024)
  checkWhole('leaseSeconds', leaseSeconds, 1, 86_400)
  const root = traceRoot === undefined ? undefined : parseTraceRoot(traceRoot)
  if (root) await checkTraceRoot(root)
  const redis = await connect(address, onNote)
  const version = engineVersion()
  // a thread of its own, so that this one can renew the leases of its jobs
  const jobs = startJobThread({ concurrency, traceRoot }, (hash) => getContent(redis, hash))
  let done = 0
  const { Worker } = bullmq()
  const worker = new Worker(queueName(version), ({ data }: Job<WireJob>) => jobs.perform(data), {
    connection: redis,
    prefix: PREFIX,
    skipVersionCheck: true,
    concurrency,
    lockDuration: 1000 * leaseSeconds,
    stalledInterval: 500 * leaseSeconds,
    maxStalledCount: MOST_LOST,
  })
  worker.on('completed', () => done++)
  worker.on('failed', (job, error) =>
    onNote(`${job?.name ?? 'a job'} ${job?.id?.slice(0, 12) ?? ''} failed: ${error.message}`),
  )
  // the connection tells when it is lost
  worker.on('error', () => undefined)
  const end = async (isForced: boolean) => {
    const closed = new AbortController()
    // BullMQ waits for ever if a worker is closed while one of its connections is made again
    const isThere = isForced || (await isThereWithin(redis, GONE_MS))
    const closing = worker.close(isForced || !isThere).finally(() => closed.abort())
    closing.catch(() => undefined)
    try {
      // without the server no result can be stored, and no lease returned
      await Promise.race([closing, goneFor(redis, GONE_MS, closed.signal)])
    } catch (error) {
      throw queueError(address, error)
    } finally {
      await jobs.end()
      disconnect(redis)
    }
  }
  try {
    await worker.waitUntilReady()
    await redis.sadd(VERSIONS, version)
  } catch (error) {
    await end(true).catch(() => undefined)
    throw queueError(address, error)
  }
  return {
    version,
    concurrency,
    get done() {
      return done
    },
    close: () => end(false),
    abandon: () => end(true),
  }
}
