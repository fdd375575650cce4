/**
 * The loop of a replay over any dispatcher. With the fallback's dispatcher it states what the kernel in WebAssembly
 * does in one call; with the kernel's dispatcher it gives the same bytes.
 */
import { quantileMs } from '../../model/workload/latency-table.ts'
import type { KernelDispatcher, ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import { binOfBatch } from './batch.ts'
import { createDispatcher } from './dispatcher.ts'
import { passTime, type Quarters, quartersOf } from './quarters.ts'

export function replay(input: ReplayInput): ReplayOutcome {
  return replayOver(createDispatcher(input), input)
}

/** A replay under way. */
interface Run {
  readonly input: ReplayInput
  readonly dispatcher: KernelDispatcher
  /** By query: NaN and -1 until it starts. */
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  readonly instanceOf: Int32Array
  /** By instance: for how long it has served, and when it completes, Infinity while it is idle. */
  readonly busyMs: Float64Array
  readonly completesMs: Float64Array
  readonly quarters: Quarters
  /** How many queries have arrived, and the first of them that had arrived at most QoS before the last event. */
  arrived: number
  inTime: number
  served: number
  violations: number
  decisions: number
  lastStartMs: number
  lastFinishMs: number
}

export function replayOver(dispatcher: KernelDispatcher, input: ReplayInput): ReplayOutcome {
  const { arrivalMs, sizes, record, parking, stopAfterViolations: limit = Infinity } = input
  const run = begin(dispatcher, input)
  const mostParked = parking?.most ?? Infinity
  let isDraining = false
  let parked = 0
  let backlog = 0
  while (run.violations <= limit) {
    if (run.arrived === arrivalMs.length && !isDraining) {
      isDraining = true
      backlog = sizeOfPending(input, run.instanceOf)
      parked = parkedVolume(input, run.instanceOf)
      if (parked > mostParked) break
    }
    const nowMs = Math.min(arrivalMs[run.arrived] ?? Infinity, ...run.completesMs)
    if (nowMs === Infinity) break
    passTime(run.quarters, nowMs, dispatcher.pending)
    completeUntil(run, nowMs)
    arriveUntil(run, nowMs)
    countLate(run, nowMs)
    if (dispatcher.pending === 0 || dispatcher.idle === 0) continue
    run.decisions++
    start(run, nowMs, dispatcher.decide(nowMs))
  }
  const { served, violations, decisions, lastStartMs, lastFinishMs, busyMs } = run
  return {
    served,
    stopped: violations > limit || parked > mostParked,
    violations,
    decisions,
    lastStartMs,
    lastFinishMs,
    ...(sizes && { backlog }),
    parked,
    waitedMs: run.quarters.waitedMs,
    busyMs,
    startMs: record ? run.startMs : new Float64Array(),
    finishMs: record ? run.finishMs : new Float64Array(),
    instance: record ? run.instanceOf : new Int32Array(),
  }
}

function begin(dispatcher: KernelDispatcher, input: ReplayInput): Run {
  const queries = input.arrivalMs.length
  const instances = input.instanceType.length
  return {
    input,
    dispatcher,
    startMs: new Float64Array(queries).fill(NaN),
    finishMs: new Float64Array(queries).fill(NaN),
    instanceOf: new Int32Array(queries).fill(-1),
    busyMs: new Float64Array(instances),
    completesMs: new Float64Array(instances).fill(Infinity),
    quarters: quartersOf(input.arrivalMs),
    arrived: 0,
    inTime: 0,
    served: 0,
    violations: 0,
    decisions: 0,
    lastStartMs: 0,
    lastFinishMs: 0,
  }
}

function completeUntil({ dispatcher, completesMs }: Run, nowMs: number): void {
  completesMs.forEach((time, instance) => {
    if (time > nowMs) return
    dispatcher.complete(instance, nowMs)
    completesMs[instance] = Infinity
  })
}

function arriveUntil(run: Run, nowMs: number): void {
  const { arrivalMs, bin } = run.input
  for (; arrivalMs[run.arrived] <= nowMs; run.arrived++) {
    run.dispatcher.arrive(run.arrived, bin[run.arrived], arrivalMs[run.arrived])
  }
}

/** Counts the queries that became late while they waited. For the others start() compares the latency. */
function countLate(run: Run, nowMs: number): void {
  const { arrivalMs, qosMs } = run.input
  for (; run.inTime < run.arrived && nowMs - arrivalMs[run.inTime] > qosMs; run.inTime++) {
    if (run.instanceOf[run.inTime] < 0) run.violations++
  }
}

/** Starts what a decision chose. */
function start(run: Run, nowMs: number, started: number): void {
  const { input, dispatcher } = run
  if (started > 0) run.lastStartMs = nowMs
  run.served += started
  for (const { instance, batch } of startedBatches(dispatcher, started)) {
    const serviceMs = serviceMsOf(input, batch, instance)
    const finishMs = nowMs + serviceMs
    for (const query of batch) {
      run.startMs[query] = nowMs
      run.finishMs[query] = finishMs
      run.instanceOf[query] = instance
      // a query that waited for longer than QoS has been counted
      if (query >= run.inTime && finishMs - input.arrivalMs[query] > input.qosMs) run.violations++
    }
    run.completesMs[instance] = finishMs
    run.busyMs[instance] += serviceMs
    run.lastFinishMs = Math.max(run.lastFinishMs, finishMs)
  }
}

/** What a decision starts: one after another, the queries of each instance. */
function startedBatches({ startedQuery, startedInstance }: KernelDispatcher, started: number) {
  const batches: { instance: number; batch: number[] }[] = []
  for (let i = 0; i < started; i++) {
    const last = batches.at(-1)
    if (last?.instance === startedInstance[i]) last.batch.push(startedQuery[i])
    else batches.push({ instance: startedInstance[i], batch: [startedQuery[i]] })
  }
  return batches
}

/** The volume of the queries that have not started by the last arrival, and were late before it. */
function parkedVolume({ parking, arrivalMs, bin, qosMs }: ReplayInput, instanceOf: Int32Array): number {
  if (!parking) return 0
  const lastMs = arrivalMs[arrivalMs.length - 1]
  return bin.reduce((sum, k, query) => {
    return instanceOf[query] < 0 && lastMs - arrivalMs[query] > qosMs ? sum + parking.volume[k] : sum
  }, 0)
}

/** The size of the queries that have not started. */
function sizeOfPending({ bin, sizes }: ReplayInput, instanceOf: Int32Array): number {
  return bin.reduce((sum, k, query) => (instanceOf[query] < 0 ? sum + (sizes?.[k] ?? 0) : sum), 0)
}

/** How long an instance takes for queries that start together, ms. */
function serviceMsOf(input: ReplayInput, batch: readonly number[], instance: number): number {
  const { rule, bin, bins, instanceType, meanMs, sampled } = input
  const queryBins = batch.map((query) => bin[query])
  const batchBin = 'batchSize' in rule ? binOfBatch(rule.batchSize, queryBins) : queryBins[0]
  const row = instanceType[instance] * bins + batchBin
  // the uniform number of its oldest query is that of a batch
  return sampled ? quantileMs(sampled, row, sampled.uniform[batch[0]]) : meanMs[row]
}
