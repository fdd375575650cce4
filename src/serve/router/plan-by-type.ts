/**
 * The plan of a large fleet: a query goes to a type, on the server of it that is idle first. It is made anew now and then, and
 * otherwise only continued, so that a query costs the same with a thousand servers as with a hundred.
 */
import { largestBatchBins, MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import { binOf, type Workload } from '../../model/workload/workload.ts'
import type { Request, Slot } from './attempt.ts'

/** The servers of a type, and the batch that was planned last on one of them. */
interface PlannedType {
  readonly type: number
  /**
   * When the server of the last planned batch is expected to be idle, ms, and when the others are, as a binary heap: the first
   * one is the earliest.
   */
  lastMs: number
  readonly idleMs: Float64Array
  /** How many times as long as the table says they take: the mean. */
  readonly slowdown: number
  /** The cost of a millisecond, relative to that of the fastest type: 0 to 1. */
  readonly weight: number
  queryCount: number
  total: number
  startMs: number
  /** When the oldest query of the batch is late, ms. */
  limitMs: number
}

interface Place {
  readonly planned: PlannedType
  readonly doneMs: number
  readonly joins: boolean
}

export interface PlanByType {
  /** When one more query would be answered, ms; Infinity without a server. */
  finishMs(
    bin: number,
    arrivalMs: number,
    waiting: Iterable<Request>,
    up: Iterable<Slot>,
    nowMs: number,
  ): number
  /** The query that was asked for last has been accepted. */
  accepted(): void
}

/** The plan is made anew after this share of the target, and after this time at most, ms. */
const SHARE_OF_TARGET = 0.02
const MOST_MS = 50

/** @param plannedMs service times by type and bin, ms @param targetMs the largest latency that counts as in time */
export function createPlanByType(
  { latency, batching }: Workload,
  plannedMs: Float64Array,
  targetMs: number,
): PlanByType {
  const { batchSizes, types: names, meanMs } = latency
  const bins = batchSizes.length
  const largest = Array.from(largestBatchBins(batching, names, batchSizes), (bin) => batchSizes[bin] ?? 0)
  const renewMs = Math.min(MOST_MS, SHARE_OF_TARGET * targetMs)
  let types: PlannedType[] = []
  let plannedAtMs = -Infinity
  let last: { readonly place: Place; readonly bin: number; readonly arrivalMs: number } | undefined

  function renew(waiting: Iterable<Request>, up: Iterable<Slot>, nowMs: number): void {
    plannedAtMs = nowMs
    const slotsOf = new Map<number, Slot[]>()
    for (const slot of up) {
      const own = slotsOf.get(slot.member.type)
      if (own) own.push(slot)
      else slotsOf.set(slot.member.type, [slot])
    }
    const found = Array.from(slotsOf, ([type, slots]) => {
      const slowdown = slots.reduce((sum, slot) => sum + slot.slowdown, 0) / slots.length
      const idleMs = new Float64Array(slots.length)
      for (let i = 0; i < slots.length; i++) idleMs[i] = Math.max(slots[i].idleMs, nowMs)
      // sorted, it is a heap
      idleMs.sort()
      return {
        type,
        lastMs: idleMs[0],
        idleMs: idleMs.subarray(1),
        slowdown,
        largestMs: slowdown * meanMs[(type + 1) * bins - 1],
      }
    })
    const fastestMs = found.reduce((least, { largestMs }) => Math.min(least, largestMs), Infinity)
    types = found.map(({ largestMs, ...own }) => {
      const none = { queryCount: 0, total: 0, startMs: 0, limitMs: 0 }
      return { ...own, ...none, weight: fastestMs / largestMs }
    })
    for (const { bin, job } of waiting) {
      const place = placeOf(bin, job.arrivalMs, nowMs)
      if (place) put(place, bin, job.arrivalMs)
    }
  }

  const serviceMs = ({ type, slowdown }: PlannedType, bin: number) => slowdown * plannedMs[type * bins + bin]

  /** When a query would be done that joins the last batch of a type; Infinity if it may not. */
  function joinedMs(planned: PlannedType, bin: number): number {
    const sum = planned.total + batchSizes[bin]
    const isFull = planned.queryCount === MAX_BATCH_QUERIES || sum > largest[planned.type]
    if (planned.queryCount === 0 || isFull) return Infinity
    const doneMs = planned.startMs + serviceMs(planned, binOf(batchSizes, sum))
    return doneMs <= planned.limitMs ? doneMs : Infinity
  }

  /** The cheapest type that meets the target of a query, or else the one that finishes first. */
  function placeOf(bin: number, arrivalMs: number, nowMs: number): Place | undefined {
    let cheapest: Place | undefined
    let first: Place | undefined
    let leastCost = Infinity
    for (const planned of types) {
      const joined = joinedMs(planned, bin)
      const aloneMs = Math.max(earliestOf(planned), nowMs) + serviceMs(planned, bin)
      const joins = joined < Infinity
      const place = { planned, doneMs: joins ? joined : aloneMs, joins }
      if (first === undefined || place.doneMs < first.doneMs) first = place
      const cost = planned.weight * (place.doneMs - nowMs)
      if (place.doneMs - arrivalMs <= targetMs && cost < leastCost) {
        leastCost = cost
        cheapest = place
      }
    }
    return cheapest ?? first
  }

  function put({ planned, doneMs, joins }: Place, bin: number, arrivalMs: number): void {
    if (!joins) {
      planned.startMs = doneMs - serviceMs(planned, bin)
      planned.limitMs = arrivalMs + targetMs
      planned.queryCount = planned.total = 0
      if (planned.idleMs[0] < planned.lastMs) replaceFirst(planned.idleMs, planned.lastMs)
    }
    planned.lastMs = doneMs
    planned.queryCount++
    planned.total += batchSizes[bin]
  }

  return {
    finishMs(bin, arrivalMs, waiting, up, nowMs) {
      if (nowMs - plannedAtMs > renewMs) renew(waiting, up, nowMs)
      const place = placeOf(bin, arrivalMs, nowMs)
      last = place && { place, bin, arrivalMs }
      return place?.doneMs ?? Infinity
    },
    accepted() {
      if (last) put(last.place, last.bin, last.arrivalMs)
      last = undefined
    },
  }
}

function earliestOf({ lastMs, idleMs }: PlannedType): number {
  return idleMs.length > 0 ? Math.min(lastMs, idleMs[0]) : lastMs
}

/** Puts a larger value in place of the first one of a binary heap. */
function replaceFirst(heap: Float64Array, value: number): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++
    if (heap[child] >= value) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = value
}
