// Does the jobs of a worker. Drawing queries and summarising a replay take seconds for millions of queries: on the main
// thread they would keep the worker from renewing the leases of its jobs.
import { parentPort, workerData } from 'node:worker_threads'
import { parseTraceRoot } from '../files/traces/stored/root.ts'
import { findStoredTrace } from '../files/traces/stored/stored-trace.ts'
import type { KernelName } from '../kernel/contract.ts'
import { provideHost } from '../kernel/host.ts'
import { KairosError } from '../model/errors.ts'
import type { StoredTrace } from '../model/trace/stored-trace.ts'
import { jobPerformer, KEPT_QUERIES } from '../replay/perform-job.ts'
import { openTrials, type Trials } from '../replay/trials.ts'
import { nodeHost } from '../workers/node-host.ts'
import {
  type Failure,
  type FromThread,
  failureOf,
  type JobThreadSetting,
  type ToThread,
} from './job-messages.ts'
import { outcomeOf } from './outcome.ts'
import { jobDecoder, type WireJob } from './wire.ts'

provideHost(nodeHost)
const { concurrency, traceRoot }: JobThreadSetting = workerData
const root = traceRoot === undefined ? undefined : parseTraceRoot(traceRoot)
const opened = new Map<KernelName, Promise<Trials>>()
const wanted = new Map<string, (content: Uint8Array | Failure) => void>()

const decode = jobDecoder(contentOf, async (stored) =>
  root ? findStoredTrace(root, stored) : refuseStored(stored),
)
const perform = jobPerformer(trialsOf, KEPT_QUERIES)

parentPort!.on('message', (message: ToThread) => {
  if (message.kind === 'content') {
    wanted.get(message.hash)?.(message.content)
    wanted.delete(message.hash)
    return
  }
  const { number, data } = message
  done(data).then(
    (outcome) => tell({ kind: 'done', number, outcome }),
    (error) => tell({ kind: 'done', number, outcome: failureOf(error) }),
  )
})

async function done(data: WireJob): Promise<string> {
  const job = await decode(data)
  return outcomeOf(() => perform(job))
}

/** The decoder asks once for each hash at a time. */
async function contentOf(hash: string): Promise<Buffer> {
  const content = await new Promise<Uint8Array | Failure>((resolve) => {
    wanted.set(hash, resolve)
    tell({ kind: 'wanted', hash })
  })
  if ('message' in content) throw new Error(content.message)
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

function trialsOf(kernel: KernelName = 'wasm'): Promise<Trials> {
  const trials = opened.get(kernel) ?? openTrials({ threads: concurrency, kernel })
  opened.set(kernel, trials)
  return trials
}

function tell(message: FromThread): void {
  parentPort!.postMessage(message)
}

function refuseStored({ file, sha256 }: StoredTrace): never {
  const problem = `is asked for by SHA-256 ${sha256.slice(0, 12)}, and this worker has no trace root`
  throw new KairosError('NO_FILE', problem, { file }, 'start all workers with --trace-root')
}
