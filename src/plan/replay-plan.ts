import { batchesOf } from '../dispatch/batches.ts'
import { createDispatcher } from '../dispatch/dispatcher.ts'
import { policyOf } from '../dispatch/policies.ts'
import type { Policy } from '../dispatch/policy.ts'
import type { KernelName } from '../kernel/contract.ts'
import { batchBin } from '../model/batching.ts'
import { checkGiven, type OptionNames } from '../model/checks.ts'
import { checkSlots } from '../model/concurrency.ts'
import { KairosError } from '../model/errors.ts'
import { quantileMs } from '../model/latency-table.ts'
import type { FleetSchedule } from '../model/plan.ts'
import type { OnProgress } from '../model/progress.ts'
import type { PlanReplay, ReplayedWindow } from '../model/results/plan-replay.ts'
import { DEFAULT_SERVICE, type Service } from '../model/service.ts'
import type { Counts } from '../model/space.ts'
import { checkTrace, type Trace } from '../model/trace.ts'
import { checkWorkload, tableRows, type Workload } from '../model/workload.ts'
import { queriesOf } from '../replay/input.ts'

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

/** Queries between two checks of the signal. */
const PART = 50_000

/** An instance that serves. */
interface Running {
  readonly type: number
  /** Their numbers in the dispatcher, to which each slot is an instance. */
  readonly slots: readonly number[]
  /** Since when it is paid for, ms: its start delay before it began to serve. */
  readonly paidFromMs: number
}

/**
 * Runs a trace in virtual time while the instances of a plan start and stop. Time 0 is the start of the first window,
 * whose instances serve at once. The start of those that ran before is not billed: of the initial counts, and in a cycle
 * of those of the last window. At the start of each later window, instances of the plan join; they were started earlier
 * by their delay. Instances that the plan no longer has leave: idle ones at once, busy ones when their query is served.
 * Every query is served: those that wait at the end are served by the last fleet, which is paid for until then.
 *
 * @throws KairosError BAD_MODEL for types or a trace that do not fit the workload; BAD_USAGE where queries are left
 *   because a window runs no instance until the end
 */
export async function replayPlan(request: PlanReplayRequest): Promise<PlanReplay> {
  checkGiven(request, OPTIONS)
  const { workload, schedule, trace, service = DEFAULT_SERVICE, seed = 1, signal, onProgress } = request
  checkWorkload(workload)
  checkTrace(trace, { maxBatchSize: workload.latency.batchSizes.at(-1) })
  const { types, windowS, counts: plan } = schedule
  const { latency, qosMs, percentile } = workload
  const rows = tableRows(latency, types)
  checkSlots(latency, types, schedule.slots)
  const bins = latency.batchSizes.length
  const { arrivalMs, bin, uniform } = queriesOf({ workload, service }, trace, seed)
  const policy = policyOf(request.policy)
  const dispatcher = createDispatcher({
    workload,
    types,
    policy,
    ...(request.kernel && { kernel: request.kernel }),
  })
  const running = new Set<Running>()
  const typeOfSlot: number[] = []
  /** By slot: when its query is served; Infinity while it is idle. */
  const completesMs: number[] = []
  const windows: { startS: number; counts: Counts; queries: number; violations: number }[] = []
  const queries = arrivalMs.length
  const before = schedule.cyclic ? plan.at(-1) : schedule.initial
  const serving = types.map(() => 0)
  let cost = 0
  let starts = 0
  let served = 0
  let violations = 0
  let arrived = 0
  let lastMs = 0
  let quietWindows = 0
  const windowOf = new Int32Array(queries)

  /** Returns whether instances have joined or left. */
  const openWindow = (): boolean => {
    const w = windows.length
    const wanted = plan[schedule.cyclic ? w % plan.length : Math.min(w, plan.length - 1)]
    const nowMs = w * windowS * 1000
    windows.push({ startS: w * windowS, counts: wanted, queries: 0, violations: 0 })
    let hasChanged = false
    wanted.forEach((count, t) => {
      if (count !== serving[t]) hasChanged = true
      const kept = w === 0 ? Math.min(count, before?.[t] ?? 0) : 0
      for (let i = 0; i < count - serving[t]; i++) join(t, nowMs, i >= kept)
      if (serving[t] > count) leave(t, serving[t] - count, nowMs)
      serving[t] = count
    })
    return hasChanged
  }
  const join = (type: number, nowMs: number, isStarted: boolean): void => {
    const slots = Array.from({ length: schedule.slots?.[type] ?? 1 }, () => dispatcher.join(types[type]))
    for (const slot of slots) {
      typeOfSlot[slot] = type
      completesMs[slot] = Infinity
    }
    running.add({ type, slots, paidFromMs: isStarted ? nowMs - 1000 * schedule.startDelayS[type] : nowMs })
    if (!isStarted) return
    cost += schedule.startFee[type]
    starts++
  }
  /** Stops the idle instances first, then those that finish first: they get no further query. */
  const leave = (type: number, count: number, nowMs: number): void => {
    const doneMs = ({ slots }: Running) =>
      Math.max(nowMs, ...slots.map((slot) => completesMs[slot]).filter(Number.isFinite))
    const own = [...running].filter((instance) => instance.type === type)
    own.sort((a, b) => doneMs(a) - doneMs(b) || a.slots[0] - b.slots[0])
    for (const instance of own.slice(0, count)) {
      pay(instance, doneMs(instance))
      running.delete(instance)
      for (const slot of instance.slots) {
        dispatcher.leave(slot)
        completesMs[slot] = Infinity
      }
    }
  }
  const pay = ({ type, paidFromMs }: Running, untilMs: number): void => {
    cost += (schedule.pricePerHour[type] * (untilMs - paidFromMs)) / 3_600_000
  }
  /** @param members queries that are served together; the time is drawn by the number of the oldest */
  const serviceMs = (type: number, members: readonly number[]): number => {
    const own = batchBin(
      latency.batchSizes,
      members.map((query) => bin[query]),
    )
    const row = rows[type] * bins + own
    return uniform ? quantileMs(latency, row, uniform[Math.min(...members)]) : latency.meanMs[row]
  }

  openWindow()
  let nextPart = PART
  for (;;) {
    let nowMs = arrived < queries ? arrivalMs[arrived] : Infinity
    for (const time of completesMs) if (time < nowMs) nowMs = time
    const nextWindowMs = windows.length * windowS * 1000
    const isOver = arrived === queries && dispatcher.pending === 0
    // queries wait, and in a whole plan no instance has joined to serve them
    quietWindows = nowMs === Infinity ? quietWindows + 1 : 0
    if (quietWindows > plan.length) break
    if (!isOver && nextWindowMs <= nowMs) nowMs = nextWindowMs
    if (nowMs === Infinity) break
    lastMs = nowMs
    // a window without changes is no event of the dispatcher
    let isEvent = false
    for (let slot = 0; slot < completesMs.length; slot++) {
      if (completesMs[slot] > nowMs) continue
      dispatcher.complete(slot, nowMs)
      completesMs[slot] = Infinity
      isEvent = true
    }
    while (!isOver && windows.length * windowS * 1000 <= nowMs) isEvent = openWindow() || isEvent
    for (; arrived < queries && arrivalMs[arrived] <= nowMs; arrived++) {
      windowOf[arrived] = windows.length - 1
      windows[windowOf[arrived]].queries++
      dispatcher.arrive(arrived, bin[arrived], arrivalMs[arrived])
      isEvent = true
    }
    if (isEvent && dispatcher.pending > 0 && dispatcher.idle > 0) {
      for (const { instance: slot, queries: members } of batchesOf(dispatcher.decide(nowMs))) {
        const finishMs = nowMs + serviceMs(typeOfSlot[slot], members)
        completesMs[slot] = finishMs
        served += members.length
        for (const query of members) {
          if (finishMs - arrivalMs[query] <= qosMs) continue
          violations++
          windows[windowOf[query]].violations++
        }
      }
    }
    if (arrived >= nextPart) {
      nextPart += PART
      onProgress?.({ done: arrived, total: queries })
      // the signal is checked between two parts
      await new Promise((resolve) => setTimeout(resolve))
      signal?.throwIfAborted()
    }
  }
  if (served < queries) {
    const waiting = queries - served
    throw new KairosError(
      'BAD_USAGE',
      `${policy.name} never starts ${waiting} ${waiting === 1 ? 'query' : 'queries'}`,
      { field: 'plan' },
      'give the last window an instance that serves them, or choose another policy',
    )
  }
  // a window of the plan is paid for to its end, what runs after the plan until the last query is served
  const arrivedIn = 1 + (windowOf.at(-1) ?? -1)
  const planned = schedule.cyclic ? Math.max(plan.length, arrivedIn) : plan.length
  const endMs = Math.max(lastMs, Math.min(windows.length, planned) * windowS * 1000)
  windows.length = Math.min(windows.length, Math.max(planned, arrivedIn))
  for (const instance of running) pay(instance, endMs)
  return {
    ...{ model: workload.model, policy: policy.name, qosMs, percentile, types, queries, served, violations },
    ...{ shareInTime: queries === 0 ? 1 : 1 - violations / queries, cost, starts },
    windows: windows as readonly ReplayedWindow[],
  }
}
