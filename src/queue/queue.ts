import { checkGiven, type OptionNames } from '../model/checks.ts'
import { within } from '../model/within.ts'
import type { JobKind, JobResults, ReplayJob, ReplayJobs, SubmitOptions } from '../replay/jobs.ts'
import { parseQueueUrl } from './address.ts'
import { bullmq, connect, disconnect, guardedNotes, type OnNote, queueError } from './connection.ts'
import { putContent } from './content.ts'
import { type OpenSet, openSet } from './job-set.ts'
import { engineVersion, PREFIX, queueName, VERSIONS } from './names.ts'
import { jobEncoder } from './wire.ts'

/** Options of `openQueue`. */
export interface QueueOptions {
  /** Receives lines for the user: a lost connection, a server that may drop jobs, no worker. */
  readonly onNote?: OnNote | undefined
}

const OPTIONS: OptionNames<QueueOptions> = { onNote: true }

/** How long jobs that were given up may take to be removed when the queue is closed, ms. */
const CLOSING_MS = 2_000

/**
 * Jobs on the workers of a queue, which BullMQ keeps in Redis or Valkey. Each result is stored by the content of its
 * job: a job that was done before is found.
 *
 * @param url `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS
 * @throws KairosError BAD_USAGE for the URL; QUEUE where the server does not answer
 */
export async function openQueue(url: string, options: QueueOptions = {}): Promise<ReplayJobs> {
  checkGiven(options, OPTIONS)
  const onNote = guardedNotes(options.onNote)
  const address = parseQueueUrl(url)
  const redis = await connect(address, onNote)
  const version = engineVersion()
  const { Queue, QueueEvents } = bullmq()
  const setting = { connection: redis, prefix: PREFIX, skipVersionCheck: true }
  const queue = new Queue(queueName(version), setting)
  const events = new QueueEvents(queueName(version), setting)
  const sets = new Set<OpenSet<unknown>>()
  const touch = ({ jobId }: { jobId: string }) => {
    for (const set of sets) set.touch(jobId)
  }
  events.on('completed', touch)
  events.on('failed', touch)
  // the connection tells when it is lost
  queue.on('error', () => undefined)
  events.on('error', () => undefined)
  const { encode, restore } = jobEncoder(version, (make, known) => putContent(redis, make, known))
  const register = () => redis.sadd(VERSIONS, version)
  const store = { queue, redis }
  const explain = (error: unknown) => queueError(address, error)
  let isTold = false
  const tellWithoutWorkers = async () => {
    if (isTold || (await queue.getWorkersCount()) > 0) return
    isTold = true
    onNote(`no worker of version ${version} is there: kairos-wasm worker --queue ${address.name} starts one`)
  }
  const close = async () => {
    const ended = Promise.allSettled([...sets].map((set) => set.cancel())).then(() =>
      Promise.all([events.close(), queue.close()]),
    )
    try {
      // a server that is gone must not hold up the end
      await within(CLOSING_MS, ended)
    } finally {
      disconnect(redis)
    }
  }
  let width: number
  try {
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
    await register()
    width = Math.max(1, await queue.getWorkersCount())
  } catch (error) {
    await close().catch(() => undefined)
    throw explain(error)
  }
  return {
    width,
    submit<K extends JobKind>(jobs: readonly ReplayJob<K>[], options?: SubmitOptions) {
      // the server may have lost its data since the queue was opened
      const content = {
        encode: () => register().then(() => encode(jobs)),
        restore: () => register().then(() => restore(jobs)),
      }
      const set = openSet<JobResults[K]>(store, jobs.length, content, explain, options)
      sets.add(set)
      const forget = () => sets.delete(set)
      set.ended.then(forget, forget)
      tellWithoutWorkers().catch(() => undefined)
      return set
    },
    close,
  }
}
