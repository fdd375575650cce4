import { status } from '@grpc/grpc-js'
import { build } from 'hdr-histogram-js'
import { type Batch, batchesOf } from '../../dispatch/batches.ts'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { MAX_INSTANCES } from '../../dispatch/setup.ts'
import { checkGiven, checkMs, type OptionNames } from '../../model/checks.ts'
import { checkCounts, instanceTypes } from '../../model/configuration.ts'
import { KairosError } from '../../model/errors.ts'
import type { OnProgress, Progress } from '../../model/progress.ts'
import type { LiveRun } from '../../model/results/live-run.ts'
import type { Counts } from '../../model/space.ts'
import { checkTrace, type Trace } from '../../model/trace.ts'
import { binOf, checkWorkload, tableRows, type Workload } from '../../model/workload.ts'
import { describeError } from '../grpc/connect.ts'
import type { ClientTls } from '../grpc/tls.ts'
import type { SendBatch } from './batch-sender.ts'
import { clockMs } from './clock.ts'
import { startPacer } from './pacer.ts'
import { createRecording, liveRunOf } from './recording.ts'
import { openServers } from './servers.ts'

/** The state of a run. */
export interface DistributeProgress extends Progress {
  /** Queries that ended: answered or failed. */
  readonly done: number
  readonly sent: number
  readonly inFlight: number
  readonly waiting: number
  /** The 99th percentile of latency so far, ms; 0 before the first answer. */
  readonly p99Ms: number
}

/** A trace, and the servers and policy that serve it. */
export interface DistributeOptions {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
  /** One server for each instance, type by type. */
  readonly addresses: readonly string[]
  readonly trace: Trace
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** The model in the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  /** Time limit of a query at a server, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  /** Whether the run ends once more queries are late than the percentile of the workload allows; false unless given. */
  readonly endEarly?: boolean | undefined
  /** Called every quarter of a second. */
  readonly onProgress?: OnProgress<DistributeProgress> | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<DistributeOptions> = {
  workload: true,
  types: true,
  counts: true,
  addresses: true,
  trace: true,
  policy: true,
  model: true,
  timeoutMs: true,
  tls: true,
  endEarly: true,
  onProgress: true,
  signal: true,
}

/** Statuses of a call whose server cannot be reached, or no longer answers. */
const UNREACHABLE = [status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]

const PROGRESS_MS = 250

/** From the start of the pacer to time 0 of the trace, ms. */
const LEAD_MS = 50

/**
 * Sends the queries of a trace to live servers in real time, open loop: arrivals do not wait for answers. The
 * dispatcher decides when each query is sent, and to which server. A server that cannot be reached leaves the
 * dispatcher, and its query has failed.
 *
 * @throws KairosError BAD_MODEL for a trace, types or counts that do not fit the workload; BAD_USAGE for
 *   addresses that do not fit the counts; SERVER if a server cannot be reached at the start, or none is left;
 *   the reason of an aborted signal
 */
export async function distribute(options: DistributeOptions): Promise<LiveRun> {
  checkGiven(options, OPTIONS)
  const { workload, types, counts, addresses, trace, timeoutMs = 60_000, signal } = options
  const policy = policyOf(options.policy)
  checkWorkload(workload)
  checkMs('timeoutMs', timeoutMs, 1)
  checkTrace(trace, { maxBatchSize: workload.latency.batchSizes.at(-1) })
  tableRows(workload.latency, types)
  checkCounts(types, counts, 1, MAX_INSTANCES)
  checkAddresses(addresses, counts)
  const run = createRun({ ...options, policy, timeoutMs })
  const servers = await openServers(addresses, options)
  try {
    await run.drive(servers.send)
    signal?.throwIfAborted()
    return run.result()
  } finally {
    servers.close()
  }
}

function checkAddresses(addresses: readonly string[], counts: Counts): void {
  const instances = counts.reduce((sum, count) => sum + count, 0)
  if (addresses?.length === instances) return
  const problem = `names ${addresses?.length ?? 0} servers for ${instances} instances`
  throw new KairosError('BAD_USAGE', problem, { field: 'addresses' }, 'one for each instance is expected')
}

interface CheckedOptions extends DistributeOptions {
  readonly policy: Policy
  readonly timeoutMs: number
}

function createRun(options: CheckedOptions) {
  const { workload, types, counts, addresses, trace, policy, timeoutMs, signal, onProgress } = options
  const { arrivalMs, batchSize } = trace
  const dispatcher = createDispatcher({ workload, types, counts, policy })
  const instanceType = instanceTypes(counts)
  const queries = arrivalMs.length
  const bin = Int32Array.from(batchSize, (size) => binOf(workload.latency.batchSizes, size))
  const recording = createRecording(queries, instanceType.length)
  const { startMs, finishMs, exeMs, lagMs, instance, busyMs, decisionMs, failures } = recording
  const inFlight = new Map<number, { cancel(): void }>()
  const latencies = build({ useWebAssembly: false })
  const mostLate = ((100 - workload.percentile) / 100) * queries
  let arrived = 0
  let done = 0
  let late = 0
  let endedEarly = false

  async function drive(send: readonly SendBatch[]): Promise<void> {
    const originMs = clockMs() + LEAD_MS
    const now = () => clockMs() - originMs
    let end: (error?: unknown) => void = () => undefined
    const ended = new Promise<void>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error))
    })
    // an error in a callback ends the run
    const guarded = (work: () => void) => {
      try {
        work()
      } catch (error) {
        end(error)
      }
    }

    const decide = () => {
      if (dispatcher.pending === 0 || dispatcher.idle === 0) return
      const decidedMs = now()
      const batches = batchesOf(dispatcher.decide(decidedMs))
      decisionMs.push(now() - decidedMs)
      for (const batch of batches) begin(batch, decidedMs)
    }
    /** The queries of a batch are sent at the same moment, to a server that batches them itself. */
    const begin = ({ instance: server, queries: members }: Batch, decidedMs: number) => {
      let open = members.length
      let served = true
      for (const query of members) {
        startMs[query] = decidedMs
        instance[query] = server
        const waitedMs = Math.max(0, decidedMs - arrivalMs[query])
        const call = send[server](Math.ceil(batchSize[query]), waitedMs, timeoutMs, (error, exe) => {
          guarded(() => {
            inFlight.delete(query)
            done++
            open--
            const finished = now()
            if (error) {
              served = false
              fail(query, server, describeError(error), error.code)
            } else {
              finishMs[query] = finished
              exeMs[query] = exe
              latencies.recordValue(Math.max(0, Math.round(1000 * (finished - arrivalMs[query]))))
            }
            // a server that no longer answers has left
            if (open === 0 && dispatcher.stateOf(server) === 'busy')
              busyMs[server] += dispatcher.complete(server, finished, served)
            if (error || finished - arrivalMs[query] > workload.qosMs) late++
            endedEarly = options.endEarly === true && late > mostLate
            if (endedEarly) return end()
            decide()
            if (done === queries) end()
          })
        })
        inFlight.set(query, call)
      }
    }
    const fail = (query: number, server: number, reason: string, code: status) => {
      failures.push({ query, instance: server, reason })
      startMs[query] = Number.NaN
      if (!UNREACHABLE.includes(code) || dispatcher.stateOf(server) === 'gone') return
      dispatcher.leave(server)
      if (dispatcher.instances > 0 || done === queries) return
      const problem = `the last reachable server, ${addresses[server]}, no longer answers: ${reason}`
      throw new KairosError('SERVER', problem, {}, 'start the servers again')
    }

    const pacer = await startPacer(arrivalMs, originMs, (due) => {
      guarded(() => {
        const seenMs = now()
        for (; arrived < due; arrived++) {
          lagMs[arrived] = seenMs - arrivalMs[arrived]
          dispatcher.arrive(arrived, bin[arrived], arrivalMs[arrived])
        }
        decide()
      })
    })
    const reporting = setInterval(() => onProgress?.(progress()), PROGRESS_MS)
    const abort = () => end()
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    try {
      await ended
    } finally {
      signal?.removeEventListener('abort', abort)
      clearInterval(reporting)
      await pacer.stop()
      for (const call of inFlight.values()) call.cancel()
    }
    onProgress?.(progress())
  }

  function progress(): DistributeProgress {
    const p99Ms = latencies.totalCount === 0 ? 0 : latencies.getValueAtPercentile(99) / 1000
    const waiting = dispatcher.pending
    return { total: queries, sent: done + inFlight.size, done, inFlight: inFlight.size, waiting, p99Ms }
  }

  function result(): LiveRun {
    if (finishMs.every(Number.isNaN)) {
      const problem = `no query was answered: ${failures[0]?.reason}`
      throw new KairosError('SERVER', problem, {}, 'check the servers')
    }
    const settings = { workload, types, counts, trace, policy: policy.name, instanceType }
    return { ...liveRunOf(settings, recording), offered: endedEarly ? arrived : queries, endedEarly }
  }

  return { drive, result }
}
