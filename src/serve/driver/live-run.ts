/** A run on live servers: arrivals go to the dispatcher, batches to the servers, and answers into the recording. */
import { status } from '@grpc/grpc-js'
import { type Batch, batchesOf } from '../../dispatch/batches.ts'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { KairosError } from '../../model/errors.ts'
import { instanceTypes } from '../../model/fleet/configuration.ts'
import { instanceOfSlots, slotCounts } from '../../model/fleet/space.ts'
import type { OnProgress } from '../../model/progress.ts'
import { allowedViolations } from '../../model/results/latencies.ts'
import type { LiveRun } from '../../model/results/live-run.ts'
import { binOf } from '../../model/workload/workload.ts'
import { describeError } from '../grpc/status.ts'
import { clockMs } from '../machine-clock.ts'
import type { CallFailure, SendBatch } from './batch-sender.ts'
import { startPacer } from './pacer.ts'
import { createRecording, liveRunOf, type ServedTrace } from './recording.ts'
import { isUnreachable, sendMembers } from './send-members.ts'
import { serverError } from './server-error.ts'
import { createTally, type DistributeProgress } from './tally.ts'

/** What a run serves, where, and until when. */
export interface LiveRunInput extends ServedTrace {
  /** The model in the Open Inference Protocol; undefined: the published protocol. */
  readonly model?: string | undefined
  readonly policy: Policy
  readonly timeoutMs: number
  /** Whether the queries of a batch are joined into one request. */
  readonly areJoined: boolean
  /** Whether the run ends once more queries are late than the percentile of the workload allows. */
  readonly endsEarly: boolean
}

interface LiveRunner {
  /**
   * Sends the trace, and resolves once all queries have ended, or the run has ended early.
   *
   * @throws KairosError SERVER once no server is left, or for a server of the other protocol
   */
  drive(
    signal: AbortSignal | undefined,
    onProgress: OnProgress<DistributeProgress> | undefined,
  ): Promise<void>
  /** @throws KairosError SERVER if no query was answered */
  result(): LiveRun
}

const PROGRESS_MS = 250

/** From the start of the pacer to time 0 of the trace, ms. */
const LEAD_MS = 50

/** @param send sends a batch, by server */
export function createLiveRun(input: LiveRunInput, send: readonly SendBatch[]): LiveRunner {
  const { workload, types, counts, slots, addresses, trace, policy, model, timeoutMs, areJoined } = input
  const { arrivalMs } = trace
  // servers are asked for whole items: that is also what the dispatcher counts on
  const items = trace.batchSize.map(Math.ceil)
  // to the dispatcher each slot is an instance
  const bySlot = slotCounts(counts, slots)
  const dispatcher = createDispatcher({ workload, types, counts: bySlot, policy })
  const instanceType = instanceTypes(bySlot)
  const serverOf = instanceOfSlots(counts, slots)
  const queries = arrivalMs.length
  const bin = Int32Array.from(items, (size) => binOf(workload.latency.batchSizes, size))
  const recording = createRecording(queries, instanceType.length)
  const { finishMs, lagMs, busyMs, decisionMs, failures } = recording
  const tally = createTally(trace, workload.qosMs, recording)
  const running = new Set<{ cancel(): void }>()
  const mostLate = allowedViolations(queries, workload.percentile)
  let originMs = 0
  let arrived = 0
  let endedEarly = false
  /** The run has its result: calls that end now are cancelled ones. */
  let isOver = false
  let end: (error?: unknown) => void = () => undefined
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error))
  })

  const now = () => clockMs() - originMs

  /** An error in a callback ends the run. */
  function guarded(work: () => void): void {
    if (isOver) return
    try {
      work()
    } catch (error) {
      end(error)
    }
  }

  function arrive(due: number): void {
    const seenMs = now()
    for (; arrived < due; arrived++) {
      lagMs[arrived] = seenMs - arrivalMs[arrived]
      dispatcher.arrive(arrived, bin[arrived], arrivalMs[arrived])
    }
    decide()
  }

  function decide(): void {
    if (dispatcher.pending === 0 || dispatcher.idle === 0) return
    const decidedMs = now()
    const batches = batchesOf(dispatcher.decide(decidedMs))
    decisionMs.push(now() - decidedMs)
    for (const batch of batches) begin(batch, decidedMs)
  }

  function begin({ instance: slot, queries: members }: Batch, decidedMs: number): void {
    tally.begin(members, slot, decidedMs)
    let open = members.length
    let isServed = true
    const batch = sendMembers(send[serverOf[slot]], {
      sizes: members.map((query) => items[query]),
      waitedMs: members.map((query) => Math.max(0, decidedMs - arrivalMs[query])),
      timeoutMs,
      areJoined,
      ended: (some, error, exe) =>
        guarded(() => {
          const server = serverOf[slot]
          if (error?.code === status.UNIMPLEMENTED) throw serverError(addresses[server], error, model)
          const finishedMs = now()
          const together = some.map((member) => members[member])
          tally.end(together, slot, finishedMs, error ?? exe)
          if (error) {
            isServed = false
            loseServer(slot, error)
          }
          open -= some.length
          if (open === 0) {
            running.delete(batch)
            free(slot, finishedMs, isServed)
          }
          goOn()
        }),
      refused: (items, error) =>
        guarded(() => {
          isServed = false
          recording.refusedBatches.push({ instance: slot, items, reason: describeError(error) })
        }),
    })
    running.add(batch)
  }

  /** A server that cannot be reached leaves. @throws KairosError SERVER if it was the last one that queries need */
  function loseServer(slot: number, error: CallFailure): void {
    if (!isUnreachable(error) || dispatcher.stateOf(slot) === 'gone') return
    const server = serverOf[slot]
    recording.lostServers.push({ instance: slot, atMs: now(), reason: describeError(error) })
    serverOf.forEach((of, other) => {
      if (of === server && dispatcher.stateOf(other) !== 'gone') dispatcher.leave(other)
    })
    if (dispatcher.instances > 0 || tally.done === queries) return
    const problem = `the last reachable server, ${addresses[server]}, no longer answers: ${describeError(error)}`
    const cure =
      error.code === status.DEADLINE_EXCEEDED
        ? `allow requests more than ${timeoutMs} ms, or look into the log of the server`
        : 'start the servers again'
    throw new KairosError('SERVER', problem, {}, cure)
  }

  /** The slot of a batch is idle, unless its server no longer answers: then it has left. */
  function free(slot: number, finishedMs: number, isServed: boolean): void {
    if (dispatcher.stateOf(slot) === 'busy') busyMs[slot] += dispatcher.complete(slot, finishedMs, isServed)
  }

  function goOn(): void {
    endedEarly = input.endsEarly && tally.late > mostLate
    if (!endedEarly) decide()
    if (endedEarly || tally.done === queries) end()
  }

  const progress = () => tally.progress(dispatcher.pending)

  return {
    async drive(signal, onProgress) {
      originMs = clockMs() + LEAD_MS
      const pacer = await startPacer(arrivalMs, originMs, (due) => guarded(() => arrive(due)), end)
      const reporting = setInterval(() => guarded(() => onProgress?.(progress())), PROGRESS_MS)
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
    },
    result() {
      if (finishMs.every(Number.isNaN)) {
        const problem = `no query was answered: ${failures[0]?.reason}`
        throw new KairosError(
          'SERVER',
          problem,
          {},
          'send one query with kairos-wasm request to see what a server answers',
        )
      }
      const settings = { ...input, policy: policy.name, instanceType }
      return { ...liveRunOf(settings, recording, arrived), offered: arrived, endedEarly }
    },
  }
}
