import { build } from 'hdr-histogram-js'
import { type Batch, batchesOf } from '../../dispatch/batches.ts'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { MAX_INSTANCES } from '../../dispatch/setup.ts'
import { checkChoice, checkGiven, checkMs, type OptionNames } from '../../model/checks.ts'
import { checkSlots } from '../../model/concurrency.ts'
import { checkCounts, instanceTypes } from '../../model/configuration.ts'
import { KairosError } from '../../model/errors.ts'
import { SENT_BATCHES, type SentBatches } from '../../model/fleet.ts'
import type { OnProgress, Progress } from '../../model/progress.ts'
import type { LiveRun } from '../../model/results/live-run.ts'
import { type Counts, instanceOfSlots, slotCounts } from '../../model/space.ts'
import { checkTrace, type Trace } from '../../model/trace.ts'
import { binOf, checkWorkload, tableRows, type Workload } from '../../model/workload.ts'
import { describeError } from '../grpc/connect.ts'
import type { ClientTls } from '../grpc/tls.ts'
import type { CallFailure, SendBatch } from './batch-sender.ts'
import { clockMs } from './clock.ts'
import { startPacer } from './pacer.ts'
import { createRecording, liveRunOf } from './recording.ts'
import { isUnreachable, sendMembers } from './send-members.ts'
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
  /** The slots of an instance of each type: requests that it serves at the same time; 1 unless given. */
  readonly slots?: readonly number[] | undefined
  /** One server for each instance, type by type. */
  readonly addresses: readonly string[]
  readonly trace: Trace
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** The model in the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  /**
   * How a server gets the queries of a batch: `parallel` (unless given) as separate requests at the same moment, `merge` as one
   * request of the Open Inference Protocol.
   */
  readonly sentBatches?: SentBatches | undefined
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
  slots: true,
  addresses: true,
  trace: true,
  policy: true,
  model: true,
  sentBatches: true,
  timeoutMs: true,
  tls: true,
  endEarly: true,
  onProgress: true,
  signal: true,
}

const PROGRESS_MS = 250

/** From the start of the pacer to time 0 of the trace, ms. */
const LEAD_MS = 50

/**
 * Sends the queries of a trace to live servers in real time, open loop: arrivals do not wait for answers. The
 * dispatcher decides when each query is sent, and to which server. A server that cannot be reached leaves the
 * dispatcher, and its query has failed.
 *
 * @throws KairosError BAD_MODEL for a trace, types, counts or slots that do not fit the workload; BAD_USAGE for
 *   addresses that do not fit the counts, or requests that cannot be joined; SERVER if a server cannot be reached at the start, or none is left;
 *   the reason of an aborted signal
 */
export async function distribute(options: DistributeOptions): Promise<LiveRun> {
  checkGiven(options, OPTIONS)
  const { workload, types, counts, slots, addresses, trace, timeoutMs = 60_000, signal } = options
  const policy = policyOf(options.policy)
  checkWorkload(workload)
  checkMs('timeoutMs', timeoutMs, 1)
  checkTrace(trace, { maxBatchSize: workload.latency.batchSizes.at(-1) })
  tableRows(workload.latency, types)
  checkCounts(types, counts, 1, MAX_INSTANCES)
  checkSlots(workload.latency, types, slots)
  checkCounts(types, slotCounts(counts, slots), 1, MAX_INSTANCES)
  checkSentBatches(options)
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

function checkSentBatches({ sentBatches, model, workload }: DistributeOptions): void {
  if (sentBatches !== undefined) checkChoice('sentBatches', sentBatches, SENT_BATCHES)
  const refuse = (problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, { field: 'sentBatches' }, cure)
  }
  if (sentBatches !== 'merge') return
  if (workload.batching === undefined) {
    refuse('is merge, and the workload has no batching', 'set batching in the workload, or --batching')
  }
  if (model === undefined) {
    const cure = 'name the model in the Open Inference Protocol with --model-name, or use parallel'
    refuse('is merge, and requests of the published protocol cannot be joined', cure)
  }
}

interface CheckedOptions extends DistributeOptions {
  readonly policy: Policy
  readonly timeoutMs: number
}

function createRun(options: CheckedOptions) {
  const { workload, types, counts, slots, addresses, trace, policy, timeoutMs, signal, onProgress } = options
  const { arrivalMs, batchSize } = trace
  // to the dispatcher each slot is an instance
  const bySlot = slotCounts(counts, slots)
  const dispatcher = createDispatcher({ workload, types, counts: bySlot, policy })
  const instanceType = instanceTypes(bySlot)
  const serverOf = instanceOfSlots(counts, slots)
  const queries = arrivalMs.length
  const bin = Int32Array.from(batchSize, (size) => binOf(workload.latency.batchSizes, size))
  const recording = createRecording(queries, instanceType.length)
  const { startMs, finishMs, exeMs, lagMs, instance, busyMs, decisionMs, failures, refusedBatches } =
    recording
  const running = new Set<{ cancel(): void }>()
  let inFlight = 0
  const latencies = build({ useWebAssembly: false })
  const mostLate = ((100 - workload.percentile) / 100) * queries
  let arrived = 0
  let done = 0
  let late = 0
  let endedEarly = false
  /** The run has its result: calls that end now are cancelled ones. */
  let isOver = false

  async function drive(send: readonly SendBatch[]): Promise<void> {
    const originMs = clockMs() + LEAD_MS
    const now = () => clockMs() - originMs
    let end: (error?: unknown) => void = () => undefined
    const ended = new Promise<void>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error))
    })
    // an error in a callback ends the run
    const guarded = (work: () => void) => {
      if (isOver) return
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
    const begin = ({ instance: slot, queries: members }: Batch, decidedMs: number) => {
      const server = serverOf[slot]
      let open = members.length
      let served = true
      for (const query of members) {
        startMs[query] = decidedMs
        instance[query] = slot
      }
      inFlight += members.length
      const batch = sendMembers(send[server], {
        sizes: members.map((query) => Math.ceil(batchSize[query])),
        waitedMs: members.map((query) => Math.max(0, decidedMs - arrivalMs[query])),
        timeoutMs,
        areJoined: options.sentBatches === 'merge',
        ended(some, error, exe) {
          guarded(() => {
            const finished = now()
            inFlight -= some.length
            done += some.length
            open -= some.length
            for (const query of some.map((member) => members[member])) {
              if (error) {
                served = false
                fail(query, slot, error)
              } else {
                finishMs[query] = finished
                exeMs[query] = exe
                latencies.recordValue(Math.max(0, Math.round(1000 * (finished - arrivalMs[query]))))
              }
              if (error || finished - arrivalMs[query] > workload.qosMs) late++
            }
            endedEarly = options.endEarly === true && late > mostLate
            if (open === 0) {
              running.delete(batch)
              // a server that no longer answers has left
              if (dispatcher.stateOf(slot) === 'busy')
                busyMs[slot] += dispatcher.complete(slot, finished, served)
            }
            if (endedEarly) return end()
            decide()
            if (done === queries) end()
          })
        },
        refused(items, error) {
          if (isOver) return
          served = false
          refusedBatches.push({ instance: slot, items, reason: describeError(error) })
        },
      })
      running.add(batch)
    }
    const fail = (query: number, slot: number, error: CallFailure) => {
      const reason = describeError(error)
      failures.push({ query, instance: slot, reason })
      startMs[query] = Number.NaN
      if (!isUnreachable(error) || dispatcher.stateOf(slot) === 'gone') return
      const server = serverOf[slot]
      serverOf.forEach((of, other) => {
        if (of === server && dispatcher.stateOf(other) !== 'gone') dispatcher.leave(other)
      })
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
      isOver = true
      await pacer.stop()
      for (const batch of running) batch.cancel()
    }
    onProgress?.(progress())
  }

  function progress(): DistributeProgress {
    const p99Ms = latencies.totalCount === 0 ? 0 : latencies.getValueAtPercentile(99) / 1000
    const waiting = dispatcher.pending
    return { total: queries, sent: done + inFlight, done, inFlight, waiting, p99Ms }
  }

  function result(): LiveRun {
    if (finishMs.every(Number.isNaN)) {
      const problem = `no query was answered: ${failures[0]?.reason}`
      throw new KairosError('SERVER', problem, {}, 'check the servers')
    }
    const settings = { workload, types, counts, slots, trace, policy: policy.name, instanceType }
    return { ...liveRunOf(settings, recording), offered: endedEarly ? arrived : queries, endedEarly }
  }

  return { drive, result }
}
