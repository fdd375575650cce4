import { type ClientUnaryCall, status } from '@grpc/grpc-js'
import { build } from 'hdr-histogram-js'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { MAX_INSTANCES } from '../../dispatch/setup.ts'
import { checkGiven, checkMs } from '../../model/checks.ts'
import { checkCounts, instanceTypes } from '../../model/configuration.ts'
import { KairosError } from '../../model/errors.ts'
import { percentileOf } from '../../model/latencies.ts'
import type { Failure, LiveRun } from '../../model/results/live-run.ts'
import type { Counts } from '../../model/space.ts'
import { checkTrace, type Trace } from '../../model/trace.ts'
import { binOf, checkWorkload, tableRows, type Workload } from '../../model/workload.ts'
import { type ClientTls, wordsOf } from '../grpc/connect.ts'
import type { SendBatch } from './batch-sender.ts'
import { clockMs } from './clock.ts'
import { startPacer } from './pacer.ts'
import { openServers } from './servers.ts'

/** How a run goes, while it goes. */
export interface DistributeProgress {
  readonly total: number
  readonly sent: number
  readonly done: number
  readonly inFlight: number
  readonly waiting: number
  /** The 99th percentile of latency so far, ms; 0 before the first answer. */
  readonly p99Ms: number
}

export interface DistributeOptions {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
  /** One server for each instance, type by type. */
  readonly addresses: readonly string[]
  readonly trace: Trace
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** The model to ask by the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  /** How long a server may take for a query, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  readonly onProgress?: ((progress: DistributeProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A lag of one query in a hundred above this share of QoS (the margin of the policy) spoils a run. */
const LAG_SHARE = 0.02
const LEAST_LAG_MS = 2

/** What a call ends with when its server is not there, or does not answer any more. */
const GONE = [status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]

const PROGRESS_MS = 250

/** From the start of the pacer to 0 on the clock of the trace, ms. */
const LEAD_MS = 50

/**
 * Drives a trace in real time, open loop, through a dispatcher to live servers. Queries are sent when the
 * dispatcher says so, never later because an earlier one is not answered; a server that cannot be reached
 * is left out from then on, and the query that it had has failed.
 *
 * @throws KairosError BAD_MODEL for a trace, types or counts that do not fit the workload; BAD_USAGE for
 *   addresses that do not fit the counts; SERVER where a server cannot be reached at the start, or none is
 *   left; ABORTED
 */
export async function distribute(options: DistributeOptions): Promise<LiveRun> {
  checkGiven(options)
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
    if (signal?.aborted) throw new KairosError('ABORTED', 'the run was ended')
    return run.result()
  } finally {
    servers.close()
  }
}

interface RunOptions extends DistributeOptions {
  readonly policy: Policy
  readonly timeoutMs: number
}

function checkAddresses(addresses: readonly string[], counts: Counts): void {
  const instances = counts.reduce((sum, count) => sum + count, 0)
  if (addresses?.length === instances) return
  const problem = `names ${addresses?.length ?? 0} servers for ${instances} instances`
  throw new KairosError('BAD_USAGE', problem, { field: 'addresses' }, 'one for each instance is expected')
}

function createRun(options: RunOptions) {
  const { workload, types, counts, addresses, trace, policy, timeoutMs, signal, onProgress } = options
  const { arrivalMs, batchSize } = trace
  const { batchSizes } = workload.latency
  const dispatcher = createDispatcher({ workload, types, counts, policy })
  const instanceType = instanceTypes(counts)
  const queries = arrivalMs.length
  const bin = Int32Array.from(batchSize, (size) => binOf(batchSizes, size))
  const startMs = new Float64Array(queries).fill(Number.NaN)
  const finishMs = new Float64Array(queries).fill(Number.NaN)
  const exeMs = new Float64Array(queries).fill(Number.NaN)
  const lagMs = new Float64Array(queries)
  const instance = new Int32Array(queries).fill(-1)
  const busyMs = new Float64Array(instanceType.length)
  const decisionMs: number[] = []
  const failures: Failure[] = []
  const inFlight = new Map<number, ClientUnaryCall>()
  const soFar = build({ useWebAssembly: false })
  let seen = 0
  let done = 0

  async function drive(send: readonly SendBatch[]): Promise<void> {
    const originMs = clockMs() + LEAD_MS
    const now = () => clockMs() - originMs
    let end: (error?: unknown) => void = () => undefined
    const ended = new Promise<void>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error))
    })
    // errors of a callback end the run; nobody else would hear of them
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
      const starts = dispatcher.decide(decidedMs)
      decisionMs.push(now() - decidedMs)
      for (const start of starts) begin(start.query, start.instance, decidedMs)
    }
    const begin = (query: number, server: number, decidedMs: number) => {
      startMs[query] = decidedMs
      instance[query] = server
      const waitedMs = Math.max(0, decidedMs - arrivalMs[query])
      const call = send[server](Math.ceil(batchSize[query]), waitedMs, timeoutMs, (error, exe) => {
        guarded(() => {
          inFlight.delete(query)
          done++
          const finished = now()
          if (error) fail(query, server, wordsOf(error), error.code, finished)
          else {
            finishMs[query] = finished
            exeMs[query] = exe
            busyMs[server] += dispatcher.complete(server, finished)
            soFar.recordValue(Math.max(0, Math.round(1000 * (finished - arrivalMs[query]))))
          }
          decide()
          if (done === queries) end()
        })
      })
      inFlight.set(query, call)
    }
    const fail = (query: number, server: number, reason: string, code: status, finished: number) => {
      failures.push({ query, instance: server, reason })
      startMs[query] = Number.NaN
      if (!GONE.includes(code)) {
        busyMs[server] += dispatcher.complete(server, finished)
        return
      }
      dispatcher.leave(server)
      if (dispatcher.instances > 0 || done === queries) return
      const problem = `the last server to answer, ${addresses[server]}, does not any more: ${reason}`
      throw new KairosError('SERVER', problem, {}, 'start the servers again')
    }

    const pacer = await startPacer(arrivalMs, originMs, (due) => {
      guarded(() => {
        const seenMs = now()
        for (; seen < due; seen++) {
          lagMs[seen] = seenMs - arrivalMs[seen]
          dispatcher.arrive(seen, bin[seen], arrivalMs[seen])
        }
        decide()
      })
    })
    const ticking = setInterval(() => onProgress?.(progress()), PROGRESS_MS)
    const abort = () => end()
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    try {
      await ended
    } finally {
      signal?.removeEventListener('abort', abort)
      clearInterval(ticking)
      await pacer.stop()
      for (const call of inFlight.values()) call.cancel()
    }
    onProgress?.(progress())
  }

  function progress(): DistributeProgress {
    const p99Ms = soFar.totalCount === 0 ? 0 : soFar.getValueAtPercentile(99) / 1000
    const waiting = dispatcher.pending
    return { total: queries, sent: done + inFlight.size, done, inFlight: inFlight.size, waiting, p99Ms }
  }

  function result(): LiveRun {
    const answered = Array.from(finishMs.keys()).filter((query) => !Number.isNaN(finishMs[query]))
    if (answered.length === 0) {
      throw new KairosError(
        'SERVER',
        `no query was answered: ${failures[0]?.reason}`,
        {},
        'see to the servers',
      )
    }
    const pick = (values: Float64Array) => Float64Array.from(answered, (query) => values[query])
    const latencyMs = Float64Array.from(answered, (query) => finishMs[query] - arrivalMs[query])
    const lateMs = Math.max(LEAST_LAG_MS, LAG_SHARE * workload.qosMs)
    return {
      model: workload.model,
      qosMs: workload.qosMs,
      percentile: workload.percentile,
      types,
      counts,
      policy: policy.name,
      arrivalMs: pick(arrivalMs),
      batchSize: pick(batchSize),
      startMs: pick(startMs),
      finishMs: pick(finishMs),
      instance: Int32Array.from(answered, (query) => instance[query]),
      instanceType,
      latencyMs,
      busyMs,
      violations: latencyMs.reduce((count, ms) => (ms > workload.qosMs ? count + 1 : count), 0),
      decisions: decisionMs.length,
      lastFinishMs: finishMs.reduce((last, ms) => (ms > last ? ms : last), 0),
      exeMs: pick(exeMs),
      lagMs,
      decisionMs: Float64Array.from(decisionMs),
      failures,
      fellBehind: percentileOf(lagMs.slice().sort(), 99) > lateMs,
    }
  }

  return { drive, result }
}
