/** A run on live servers: arrivals go to the dispatcher, batches to the servers, and answers into the recording. */
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
import { realClock } from '../clock.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import { describeError, status } from '../grpc/status.ts'
import { clockMs } from '../machine-clock.ts'
import type { SendBatch } from './batch-sender.ts'
import { createLosses } from './losses.ts'
import { type Checker, createLostServers } from './lost-servers.ts'
import { startPacer } from './pacer.ts'
import { createRecording, liveRunOf, type ServedTrace } from './recording.ts'
import { createRunSlots } from './run-slots.ts'
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
  readonly onProgress?: OnProgress<DistributeProgress> | undefined
  readonly signal?: AbortSignal | undefined
}

const PROGRESS_MS = 250

/** From the start of the pacer to time 0 of the trace, ms. */
const LEAD_MS = 50

/**
 * Sends a trace, until all queries have ended, or the run has ended early.
 *
 * @param send sends a batch, by server
 * @param openChecker connects to a lost server, to check it
 * @throws KairosError SERVER once all servers have been lost for two seconds, for a server of the other protocol, or if
 *   no query was answered; the reason of an aborted signal
 */
export async function runLive(
  input: LiveRunInput,
  send: readonly SendBatch[],
  openChecker: (server: number) => Checker,
): Promise<LiveRun> {
  const { workload, types, counts, slots, addresses, trace, policy, model, timeoutMs, areJoined } = input
  const { signal, onProgress } = input
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
  const losses = createLosses(addresses, timeoutMs, recording.lostServers)
  const lostServers = createLostServers({
    clock: realClock,
    addresses,
    openChecker,
    onProblem: losses.noteProblem,
    onBack: (server) =>
      guarded(() => {
        losses.noteReturn(server, now())
        runSlots.takeBack(server)
        decide()
      }),
    onNone: () =>
      guarded(() => {
        throw losses.noServer()
      }),
  })
  const runSlots = createRunSlots({
    dispatcher,
    serverOf,
    typeOf: (slot) => types[instanceType[slot]],
    isLost: lostServers.has,
  })
  const mostLate = allowedViolations(queries, workload.percentile)
  let originMs = 0
  let arrived = 0
  let endedEarly = false
  /** The run has its result: later answers and checks are ignored. */
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

  function begin({ instance, queries: members }: Batch, decidedMs: number): void {
    const slot = runSlots.begin(instance)
    tally.begin(members, slot, decidedMs)
    let open = members.length
    let isServed = true
    const batch = sendMembers(send[serverOf[slot]], {
      sizes: members.map((query) => items[query]),
      waitedMs: members.map((query) => Math.max(0, decidedMs - arrivalMs[query])),
      timeoutMs,
      areJoined,
      ended: (some, outcome) =>
        guarded(() => {
          const server = serverOf[slot]
          const error = typeof outcome === 'number' ? undefined : outcome
          if (error?.code === status.UNIMPLEMENTED) throw serverError(addresses[server], error, model)
          const finishedMs = now()
          const together = some.map((member) => members[member])
          tally.end(together, slot, finishedMs, outcome)
          if (error) {
            isServed = false
            loseServer(slot, error, decidedMs)
          } else lostServers.answered(server)
          open -= some.length
          if (open === 0) {
            running.delete(batch)
            busyMs[slot] += runSlots.end(slot, finishedMs, isServed)
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

  /**
   * A server that cannot be reached leaves, until it can serve again.
   *
   * @param sentMs when the failed query was sent
   */
  function loseServer(slot: number, error: CallFailure, sentMs: number): void {
    const server = serverOf[slot]
    const lostMs = losses.lastMs(server)
    // what was sent before it was lost says nothing about it now
    if (!isUnreachable(error) || (lostMs !== undefined && sentMs <= lostMs)) return
    losses.add(server, slot, error, now())
    runSlots.leave(server)
    lostServers.add(server)
  }

  function goOn(): void {
    endedEarly = input.endsEarly && tally.late > mostLate
    if (!endedEarly) decide()
    if (endedEarly || tally.done === queries) end()
  }

  const progress = () => tally.progress(dispatcher.pending)

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
    lostServers.close()
    await pacer.stop()
    for (const batch of running) batch.cancel()
  }
  onProgress?.(progress())
  signal?.throwIfAborted()
  if (finishMs.every(Number.isNaN)) {
    const problem = `no query was answered: ${failures[0]?.reason}`
    const cure = 'send one query with kairos-wasm request to see what a server answers'
    throw new KairosError('SERVER', problem, {}, cure)
  }
  const settings = { ...input, policy: policy.name, instanceType }
  return { ...liveRunOf(settings, recording, arrived), endedEarly }
}
