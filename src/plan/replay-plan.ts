import { batchesOf } from '../dispatch/batches.ts'
import { createDispatcher, type Dispatcher } from '../dispatch/dispatcher.ts'
import { policyOf } from '../dispatch/policies.ts'
import type { Policy } from '../dispatch/policy.ts'
import { MAX_INSTANCES } from '../dispatch/setup.ts'
import type { KernelName } from '../kernel/contract.ts'
import { nextTurn } from '../kernel/next-turn.ts'
import { checkGiven, type OptionNames } from '../model/checks.ts'
import { counted } from '../model/counted.ts'
import { refuseLarge, refuseUsage } from '../model/errors.ts'
import { checkSlots } from '../model/fleet/concurrency.ts'
import { checkPlannedCounts, checkSchedule } from '../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../model/fleet/plan.ts'
import type { OnProgress } from '../model/progress.ts'
import { shareInsideQos } from '../model/results/latencies.ts'
import type { PlanReplay } from '../model/results/plan-replay.ts'
import { withoutRounding } from '../model/rounding.ts'
import { checkBegin, checkTrace, type Trace, UNIX_FROM_MS } from '../model/trace/trace.ts'
import { batchBin } from '../model/workload/batching.ts'
import { type LatencyTable, largestBin, quantileMs } from '../model/workload/latency-table.ts'
import { DEFAULT_SERVICE, type Service } from '../model/workload/service.ts'
import { checkWorkload, tableRows, type Workload } from '../model/workload/workload.ts'
import { type Queries, queriesOf } from '../replay/input.ts'
import { cureOfManyWindows, MOST_WINDOWS } from './rates.ts'
import {
  completeServed,
  nextCompletionMs,
  payRunning,
  type ReplayFleet,
  replayFleet,
  resize,
} from './replay-fleet.ts'
import {
  countArrival,
  countViolation,
  endWindows,
  nextWindowMs,
  openNext,
  type ReplayWindows,
  replayWindows,
} from './replay-windows.ts'

/** A trace and the fleet that serves it: which instances start and stop when. */
export interface PlanReplayRequest {
  readonly workload: Workload
  readonly schedule: FleetSchedule
  readonly trace: Trace
  readonly policy?: Policy | string | undefined
  readonly service?: Service | undefined
  readonly seed?: number | undefined
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the queries that are done, and all queries. */
  readonly onProgress?: OnProgress | undefined
}

const OPTIONS: OptionNames<PlanReplayRequest> = {
  workload: true,
  schedule: true,
  trace: true,
  policy: true,
  service: true,
  seed: true,
  kernel: true,
  signal: true,
  onProgress: true,
}

/** Time between two checks of the signal and reports of progress, ms. */
const PART_MS = 50

/**
 * Runs a trace in virtual time while the instances of a plan start and stop. Time 0 is the start of the first window,
 * whose instances serve at once. The start of those that ran before is not billed: of the initial counts, and in a
 * cycle of those of the last window. At the start of each later window, instances of the plan join; they were started
 * earlier by their delay. Instances that the plan no longer has leave: idle ones at once, busy ones when their query is
 * served. Every query is served: those that wait at the end are served by the last fleet, which is paid for until then.
 *
 * @throws KairosError BAD_MODEL for a schedule that is none, and for types or a trace that do not fit the workload;
 *   BAD_USAGE where queries are left that no instance of the last window serves; TOO_LARGE for a window of more than
 *   16,384 instances or slots
 */
export async function replayPlan(request: PlanReplayRequest): Promise<PlanReplay> {
  checkGiven(request, OPTIONS)
  const { workload, schedule, trace } = request
  checkWorkload(workload)
  checkTrace(trace, { maxBatchSize: largestBin(workload.latency) })
  checkSchedule(schedule)
  checkLength(trace, schedule)
  const { types, cyclic } = schedule
  const { model, qosMs, percentile } = workload
  const run = runOf(request)
  const { fleet, windows, policy } = run
  resize(fleet, openNext(windows), 0, cyclic ? schedule.counts.at(-1) : schedule.initial)
  await runEvents(run, request)
  const { served, violations } = run
  const queries = run.queries.arrivalMs.length
  if (served < queries) {
    const problem = `${policy} never starts ${counted(queries - served, 'query', 'queries')}`
    const cure = 'give the last window an instance that serves them, or choose another policy'
    refuseUsage('plan', problem, cure)
  }
  payRunning(fleet, endWindows(windows, run.lastMs))
  const { cost, starts } = fleet
  return {
    ...{ model, policy, qosMs, percentile, types, queries, served, violations },
    shareInTime: shareInsideQos({ queries, violations }),
    cost: withoutRounding(cost),
    starts,
    windows: windows.opened,
  }
}

/** A trace whose times count from 1970 would open windows, and pay for them, for decades. */
function checkLength(trace: Trace, { windowS }: FleetSchedule): void {
  checkBegin(trace, UNIX_FROM_MS)
  const windows = (trace.arrivalMs.at(-1) ?? 0) / (1000 * windowS)
  if (windows <= MOST_WINDOWS) return
  const problem = `the trace ends in window ${Math.ceil(windows)}, and ${MOST_WINDOWS} windows are possible`
  refuseLarge('trace', problem, cureOfManyWindows(trace))
}

/** A replay of a plan at a moment. */
interface PlanRun {
  readonly policy: string
  readonly qosMs: number
  readonly queries: Queries
  readonly serviceMs: ServiceTime
  readonly dispatcher: Dispatcher
  readonly fleet: ReplayFleet
  readonly windows: ReplayWindows
  /** Queries that have arrived, that are started or served, and those of them that are not served within QoS. */
  arrived: number
  served: number
  violations: number
  /** When the last event was, ms. */
  lastMs: number
}

/** A run before its first window. */
function runOf({ service = DEFAULT_SERVICE, seed = 1, ...request }: PlanReplayRequest): PlanRun {
  const { workload, schedule, trace, kernel } = request
  const { types } = schedule
  const { latency, qosMs } = workload
  const rows = tableRows(latency, types)
  checkSlots(latency, types, schedule.slots)
  checkPlannedCounts(schedule, MAX_INSTANCES, schedule.slots)
  const queries = queriesOf({ workload, service }, trace, seed)
  const policy = policyOf(request.policy)
  const dispatcher = createDispatcher({ workload, types, policy, kernel })
  return {
    policy: policy.name,
    qosMs,
    queries,
    serviceMs: serviceTimeOf(latency, rows, queries),
    dispatcher,
    fleet: replayFleet(schedule, dispatcher),
    windows: replayWindows(schedule, queries.arrivalMs.length),
    arrived: 0,
    served: 0,
    violations: 0,
    lastMs: 0,
  }
}

/** How long queries that are served together take on a type, ms; drawn by the number of the oldest. */
type ServiceTime = (type: number, members: readonly number[]) => number

function serviceTimeOf(
  latency: LatencyTable,
  rows: readonly number[],
  { bin, uniform }: Queries,
): ServiceTime {
  const bins = latency.batchSizes.length
  return (type, members) => {
    const ofMembers = members.map((query) => bin[query])
    const row = rows[type] * bins + batchBin(latency.batchSizes, ofMembers)
    return uniform ? quantileMs(latency, row, uniform[Math.min(...members)]) : latency.meanMs[row]
  }
}

/** Runs event after event, until all queries are served or no instance will serve those that wait. */
async function runEvents(
  run: PlanRun,
  { schedule, signal, onProgress }: Pick<PlanReplayRequest, 'schedule' | 'signal' | 'onProgress'>,
): Promise<void> {
  const { dispatcher, fleet, windows } = run
  const { arrivalMs } = run.queries
  const total = arrivalMs.length
  signal?.throwIfAborted()
  let quietWindows = 0
  let nextPartMs = performance.now() + PART_MS
  for (;;) {
    const isOver = run.arrived === total && dispatcher.pending === 0
    const completionMs = nextCompletionMs(fleet)
    let nowMs = Math.min(completionMs, run.arrived < total ? arrivalMs[run.arrived] : Infinity)
    // queries wait, and in a whole plan no instance has joined to serve them
    quietWindows = nowMs === Infinity ? quietWindows + 1 : 0
    if (quietWindows > schedule.counts.length) return
    if (!isOver) nowMs = Math.min(nowMs, nextWindowMs(windows))
    if (nowMs === Infinity) return
    run.lastMs = nowMs
    const hasCompleted = completionMs <= nowMs
    if (hasCompleted) completeServed(fleet, nowMs)
    const hasResized = !isOver && openWindows(run, nowMs)
    const hasArrived = arrive(run, nowMs)
    // a window without changes is no event of the dispatcher
    if (hasCompleted || hasResized || hasArrived) decide(run, nowMs)
    if (performance.now() < nextPartMs) continue
    onProgress?.({ done: run.arrived, total })
    await nextTurn(signal)
    nextPartMs = performance.now() + PART_MS
  }
}

/** Opens the windows that have begun. @returns whether instances have joined or left */
function openWindows({ fleet, windows }: PlanRun, nowMs: number): boolean {
  let hasResized = false
  for (let startMs = nextWindowMs(windows); startMs <= nowMs; startMs = nextWindowMs(windows)) {
    if (resize(fleet, openNext(windows), startMs)) hasResized = true
  }
  return hasResized
}

/** Lets the queries arrive whose time has come. @returns whether there are any */
function arrive(run: PlanRun, nowMs: number): boolean {
  const { arrivalMs, bin } = run.queries
  const before = run.arrived
  for (; run.arrived < arrivalMs.length && arrivalMs[run.arrived] <= nowMs; run.arrived++) {
    countArrival(run.windows, run.arrived)
    run.dispatcher.arrive(run.arrived, bin[run.arrived], arrivalMs[run.arrived])
  }
  return run.arrived > before
}

/** Starts queries by the policy, and counts those of them that are not served within QoS. */
function decide(run: PlanRun, nowMs: number): void {
  const { dispatcher, fleet, windows, queries, qosMs } = run
  for (const { instance: slot, queries: members } of batchesOf(dispatcher.decide(nowMs))) {
    const finishMs = nowMs + run.serviceMs(fleet.typeOfSlot[slot], members)
    fleet.completesMs[slot] = finishMs
    run.served += members.length
    for (const query of members) {
      if (finishMs - queries.arrivalMs[query] <= qosMs) continue
      run.violations++
      countViolation(windows, query)
    }
  }
}
