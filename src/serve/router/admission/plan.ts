/** An approximation of the decisions that the dispatcher is going to take: what a request would wait for. */
import { largestBatchBins, MAX_BATCH_QUERIES } from '../../../model/workload/batching.ts'
import { quantileMs } from '../../../model/workload/latency-table.ts'
import { binOf, type Workload } from '../../../model/workload/workload.ts'
import type { Request, Slot } from '../fleet/attempt.ts'

/** Slots of one type that count as equally fast, and the batch that was planned last on one of them. */
interface Group {
  readonly type: number
  /** How many times as long as the table says they take: the mean. */
  readonly slowdown: number
  /** The cost of a millisecond, relative to that of the fastest group: 0 to 1. */
  weight: number
  /**
   * When the slot of the last planned batch is expected to be idle, or since when it is, ms; and the same of the
   * others, as a binary heap: the first one is the earliest.
   */
  lastMs: number
  readonly othersMs: Float64Array
  queryCount: number
  total: number
  startMs: number
  /** When the oldest query of the batch is late, ms. */
  limitMs: number
}

/** Where a query is planned. */
export interface Place {
  readonly doneMs: number
  readonly startMs: number
  readonly group: Group
  /** Whether it joins the batch that was planned last. */
  readonly joins: boolean
}

/**
 * A plan: each query goes to the cheapest group that meets its target, or else to the one that finishes first, and
 * there on the slot that is idle first.
 */
export interface Plan {
  /** Where one more query would go; undefined without a server. */
  place(bin: number, arrivalMs: number, nowMs: number): Place | undefined
  /** The query goes there. */
  take(place: Place, bin: number, arrivalMs: number): void
}

/** What a plan begins with. */
interface Planned {
  readonly groups: Iterable<readonly Slot[]>
  readonly waiting: Iterable<Request>
  /** Whether a query joins the last batch wherever it fits and the oldest query of the batch stays in time. */
  readonly joins: boolean
  readonly nowMs: number
}

/** Of a group of one slot. */
const NO_OTHERS = new Float64Array(0)

/** The quantile of service times in a plan. */
const PLANNED_QUANTILE = 0.95

/** @param targetMs the largest latency that counts as in time */
export function createPlanner({ latency, batching }: Workload, targetMs: number): (planned: Planned) => Plan {
  const { batchSizes, types, meanMs } = latency
  const bins = batchSizes.length
  const largest = Array.from(largestBatchBins(batching, types, batchSizes), (bin) => batchSizes[bin] ?? 0)
  const plannedMs = Float64Array.from(meanMs, (_, row) => quantileMs(latency, row, PLANNED_QUANTILE))
  const serviceMs = ({ type, slowdown }: Group, bin: number) => slowdown * plannedMs[type * bins + bin]

  function groupOf(slots: readonly Slot[]): Group {
    const [first] = slots
    let lastMs = first.idleMs
    let othersMs = NO_OTHERS
    if (slots.length > 1) {
      // a loop: Float64Array.from takes several times as long
      const idleMs = new Float64Array(slots.length)
      for (let i = 0; i < slots.length; i++) idleMs[i] = slots[i].idleMs
      // sorted, it is a heap
      idleMs.sort()
      lastMs = idleMs[0]
      othersMs = idleMs.subarray(1)
    }
    return {
      type: first.member.type,
      slowdown: slots.reduce((sum, slot) => sum + slot.slowdown, 0) / slots.length,
      weight: 1,
      lastMs,
      othersMs,
      queryCount: 0,
      total: 0,
      startMs: 0,
      limitMs: 0,
    }
  }

  function groupsOf(groups: Iterable<readonly Slot[]>): Group[] {
    const found = Array.from(groups, groupOf)
    const largestMs = ({ type, slowdown }: Group) => slowdown * meanMs[(type + 1) * bins - 1]
    let fastestMs = Infinity
    for (const group of found) fastestMs = Math.min(fastestMs, largestMs(group))
    for (const group of found) group.weight = fastestMs / largestMs(group)
    return found
  }

  /** When a query would be done that joins the last batch of a group; Infinity if it may not. */
  function joinedMs(group: Group, bin: number): number {
    const sum = group.total + batchSizes[bin]
    const isFull = group.queryCount === MAX_BATCH_QUERIES || sum > largest[group.type]
    if (group.queryCount === 0 || isFull) return Infinity
    const doneMs = group.startMs + serviceMs(group, binOf(batchSizes, sum))
    return doneMs <= group.limitMs ? doneMs : Infinity
  }

  return ({ groups: slots, waiting, joins, nowMs: beginMs }) => {
    const groups = groupsOf(slots)

    function place(bin: number, arrivalMs: number, nowMs: number): Place | undefined {
      let cheapest: Group | undefined
      let leastCost = Infinity
      let first: Group | undefined
      let firstMs = Infinity
      for (const group of groups) {
        const joined = joins ? joinedMs(group, bin) : Infinity
        const doneMs = joined < Infinity ? joined : Math.max(earliestOf(group), nowMs) + serviceMs(group, bin)
        if (doneMs < firstMs) {
          firstMs = doneMs
          first = group
        }
        const cost = group.weight * (doneMs - nowMs)
        if (doneMs - arrivalMs <= targetMs && cost < leastCost) {
          leastCost = cost
          cheapest = group
        }
      }
      const group = cheapest ?? first
      if (group === undefined) return undefined
      const joined = joins ? joinedMs(group, bin) : Infinity
      if (joined < Infinity) return { doneMs: joined, startMs: group.startMs, group, joins: true }
      const startMs = Math.max(earliestOf(group), nowMs)
      return { doneMs: startMs + serviceMs(group, bin), startMs, group, joins: false }
    }

    function take(taken: Place, bin: number, arrivalMs: number): void {
      const { group } = taken
      if (!taken.joins) {
        group.startMs = taken.startMs
        group.limitMs = arrivalMs + targetMs
        group.queryCount = group.total = 0
        if (group.othersMs[0] < group.lastMs) replaceFirst(group.othersMs, group.lastMs)
      }
      group.lastMs = taken.doneMs
      group.queryCount++
      group.total += batchSizes[bin]
    }

    for (const { bin, job } of waiting) {
      const found = place(bin, job.arrivalMs, beginMs)
      if (found) take(found, bin, job.arrivalMs)
    }
    return { place, take }
  }
}

function earliestOf({ lastMs, othersMs }: Group): number {
  return othersMs.length > 0 ? Math.min(lastMs, othersMs[0]) : lastMs
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
