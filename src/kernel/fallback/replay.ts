/**
 * The loop of a replay over any dispatcher. With the fallback's dispatcher it states what the kernel in WebAssembly does
 * in one call; with the kernel's dispatcher it gives the same bytes.
 */
import { quantileMs } from '../../model/workload/latency-table.ts'
import type { KernelDispatcher, ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import type { DispatchRule } from '../rules.ts'
import { binOfBatch } from './batch.ts'
import { createDispatcher } from './dispatcher.ts'

export function replay(input: ReplayInput): ReplayOutcome {
  return replayOver(createDispatcher(input), input)
}

export function replayOver(dispatcher: KernelDispatcher, input: ReplayInput): ReplayOutcome {
  const { arrivalMs, bin, bins, meanMs, instanceType, sampled, qosMs, record, sizes } = input
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
  const firstMs = arrivalMs[0] ?? 0
  const lastMs = arrivalMs[queries - 1] ?? 0
  const waitedMs = new Float64Array(4)
  let quarter = 0
  let quarterEndMs = firstMs + (lastMs - firstMs) / 4
  let sinceMs = firstMs
  let isDraining = false
  let parked = 0
  let backlog = 0

  while (violations <= limit) {
    if (arrived === queries && !isDraining) {
      isDraining = true
      backlog = sizeOfWaiting()
      arrivalMs.forEach((arrival, query) => {
        if (parking && instanceOf[query] < 0 && lastMs - arrival > qosMs) parked += parking.volume[bin[query]]
      })
      if (parked > mostParked) break
    }
    const nowMs = Math.min(arrived < queries ? arrivalMs[arrived] : Infinity, ...completesMs)
    if (nowMs === Infinity) break
    while (nowMs >= quarterEndMs && quarter < 4) {
      waitedMs[quarter++] += dispatcher.pending * (quarterEndMs - sinceMs)
      sinceMs = quarterEndMs
      quarterEndMs = quarter === 3 ? lastMs : firstMs + (quarter + 1) * ((lastMs - firstMs) / 4)
    }
    if (quarter < 4) {
      waitedMs[quarter] += dispatcher.pending * (nowMs - sinceMs)
      sinceMs = nowMs
    }
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
    for (let from = 0; from < started; ) {
      const instance = dispatcher.startedInstance[from]
      let to = from + 1
      while (to < started && dispatcher.startedInstance[to] === instance) to++
      const batch = Array.from(dispatcher.startedQuery.subarray(from, to))
      const batchBin = binOfStart(
        input.rule,
        batch.map((query) => bin[query]),
      )
      const row = instanceType[instance] * bins + batchBin
      // the uniform number of its oldest query is that of a batch
      const serviceMs = sampled ? quantileMs(sampled, row, sampled.uniform[batch[0]]) : meanMs[row]
      const finish = nowMs + serviceMs
      for (const query of batch) {
        startMs[query] = nowMs
        finishMs[query] = finish
        instanceOf[query] = instance
        if (query >= late && finish - arrivalMs[query] > qosMs) violations++
        served++
      }
      completesMs[instance] = finish
      busyMs[instance] += serviceMs
      lastFinishMs = Math.max(lastFinishMs, finish)
      from = to
    }
  }

  function sizeOfWaiting(): number {
    return bin.reduce((sum, k, query) => (instanceOf[query] < 0 ? sum + (sizes?.[k] ?? 0) : sum), 0)
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
    waitedMs,
    busyMs,
    startMs: record ? startMs : new Float64Array(),
    finishMs: record ? finishMs : new Float64Array(),
    instance: record ? instanceOf : new Int32Array(),
  }
}

function binOfStart(rule: DispatchRule, bins: readonly number[]): number {
  return 'batchSize' in rule ? binOfBatch(rule.batchSize, bins) : bins[0]
}
