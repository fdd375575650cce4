/**
 * The loop of a replay over any dispatcher. With the fallback's dispatcher it states what the kernel in WebAssembly
 * does in one call; with the kernel's dispatcher it gives the same bytes.
 */
import { quantileMs } from '../../model/workload/latency-table.ts'
import type { KernelDispatcher, ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import { binOfBatch } from './batch.ts'
import { createDispatcher } from './dispatcher.ts'

export function replay(input: ReplayInput): ReplayOutcome {
  return replayOver(createDispatcher(input), input)
}

export function replayOver(dispatcher: KernelDispatcher, input: ReplayInput): ReplayOutcome {
  const { arrivalMs, bin, instanceType, qosMs, record, sizes } = input
  const { stopAfterViolations: limit = Infinity, parking } = input
  const mostParked = parking?.most ?? Infinity
  const queries = arrivalMs.length
  const startMs = new Float64Array(queries).fill(NaN)
  const finishMs = new Float64Array(queries).fill(NaN)
  const instanceOf = new Int32Array(queries).fill(-1)
  const busyMs = new Float64Array(instanceType.length)
  // when each instance completes; Infinity while it is idle
  const completesMs = new Float64Array(instanceType.length).fill(Infinity)
  let served = 0
  let violations = 0
  let decisions = 0
  let lastStartMs = 0
  let lastFinishMs = 0
  let arrived = 0
  // the first query that had arrived at most QoS before the last event
  let late = 0
  const quarters = quartersOf(arrivalMs)
  let isDraining = false
  let parked = 0
  let backlog = 0

  while (violations <= limit) {
    if (arrived === queries && !isDraining) {
      isDraining = true
      backlog = sizeOfWaiting(input, instanceOf)
      parked = parkedVolume(input, instanceOf)
      if (parked > mostParked) break
    }
    const nowMs = Math.min(arrived < queries ? arrivalMs[arrived] : Infinity, ...completesMs)
    if (nowMs === Infinity) break
    passTime(quarters, nowMs, dispatcher.pending)
    completesMs.forEach((time, instance) => {
      if (time > nowMs) return
      dispatcher.complete(instance, nowMs)
      completesMs[instance] = Infinity
    })
    for (; arrived < queries && arrivalMs[arrived] <= nowMs; arrived++) {
      dispatcher.arrive(arrived, bin[arrived], arrivalMs[arrived])
    }
    for (; late < arrived && nowMs - arrivalMs[late] > qosMs; late++) {
      if (instanceOf[late] < 0) violations++
    }
    if (dispatcher.pending === 0 || dispatcher.idle === 0) continue
    decisions++
    const started = dispatcher.decide(nowMs)
    if (started > 0) lastStartMs = nowMs
    served += started
    for (const { instance, batch } of startedBatches(dispatcher, started)) {
      const serviceMs = serviceMsOf(input, instance, batch)
      const finish = nowMs + serviceMs
      for (const query of batch) {
        startMs[query] = nowMs
        finishMs[query] = finish
        instanceOf[query] = instance
        if (query >= late && finish - arrivalMs[query] > qosMs) violations++
      }
      completesMs[instance] = finish
      busyMs[instance] += serviceMs
      lastFinishMs = Math.max(lastFinishMs, finish)
    }
  }

  return {
    served,
    stopped: violations > limit || parked > mostParked,
    violations,
    decisions,
    lastStartMs,
    lastFinishMs,
    ...(sizes && { backlog }),
    parked,
    waitedMs: quarters.waitedMs,
    busyMs,
    startMs: record ? startMs : new Float64Array(),
    finishMs: record ? finishMs : new Float64Array(),
    instance: record ? instanceOf : new Int32Array(),
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

/** How long queries wait in each quarter of the time in which they arrive. */
interface Quarters {
  readonly endMs: readonly number[]
  /** By quarter: the sum over queries, as far as time has passed. */
  readonly waitedMs: Float64Array
  /** The quarter at `sinceMs`; 4 after the last arrival. */
  quarter: number
  sinceMs: number
}

function quartersOf(arrivalMs: Float64Array): Quarters {
  const [firstMs, lastMs] = [arrivalMs[0] ?? 0, arrivalMs.at(-1) ?? 0]
  const endMs = [1, 2, 3].map((n) => firstMs + n * ((lastMs - firstMs) / 4))
  return { endMs: [...endMs, lastMs], waitedMs: new Float64Array(4), quarter: 0, sinceMs: firstMs }
}

/** Adds what `pending` queries wait until `nowMs`. */
function passTime(quarters: Quarters, nowMs: number, pending: number): void {
  const { endMs, waitedMs } = quarters
  for (; quarters.quarter < 4; quarters.quarter++) {
    const untilMs = Math.min(nowMs, endMs[quarters.quarter])
    waitedMs[quarters.quarter] += pending * (untilMs - quarters.sinceMs)
    quarters.sinceMs = untilMs
    if (nowMs < endMs[quarters.quarter]) return
  }
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
function sizeOfWaiting({ bin, sizes }: ReplayInput, instanceOf: Int32Array): number {
  return bin.reduce((sum, k, query) => (instanceOf[query] < 0 ? sum + (sizes?.[k] ?? 0) : sum), 0)
}

/** How long an instance takes for queries that start together, ms. */
function serviceMsOf(input: ReplayInput, instance: number, batch: readonly number[]): number {
  const { rule, bin, bins, instanceType, meanMs, sampled } = input
  const queryBins = batch.map((query) => bin[query])
  const batchBin = 'batchSize' in rule ? binOfBatch(rule.batchSize, queryBins) : queryBins[0]
  const row = instanceType[instance] * bins + batchBin
  // the uniform number of its oldest query is that of a batch
  return sampled ? quantileMs(sampled, row, sampled.uniform[batch[0]]) : meanMs[row]
}
