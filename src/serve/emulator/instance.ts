import { valueText } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import { type LatencyTable, quantileMs } from '../../model/workload/latency-table.ts'
import { binOf } from '../../model/workload/workload.ts'

interface EmulatedQuery {
  readonly batch: number
  /** Called once, with the service time that was drawn, ms. */
  readonly done: (serviceMs: number) => void
  /** Whether the client has cancelled; such a query is not started. */
  readonly abandoned: () => boolean
}

export type EmulatedInstance = ReturnType<typeof emulateInstance>

/** How an instance serves. */
export interface EmulatedServing {
  /** The round trip of a call, ms; queries are answered earlier by this time. */
  readonly overheadMs: number
  /** Queries, or batches, that are served at the same time; 1 unless given. */
  readonly slots?: number
  /** The largest total of a batch of two or more queries; 0 unless given: queries are served one at a time. */
  readonly largestBatch?: number
}

/** Serves one query or one batch at a time. */
interface Slot {
  timer: NodeJS.Timeout | undefined
  /** How late the last timer was, ms; at most `MOST_DEBT_MS` in either direction. */
  debtMs: number
  /** When the query ends by the table, ms. */
  endMs: number
}

/** The most of a timer's error that is taken off the next one, ms. A larger error means that the machine was busy. */
const MOST_DEBT_MS = 2

/** An idle slot waits so long for others of a batch, ms: requests that are sent at once are read one after another. */
const GATHER_MS = 1

/**
 * An instance of a type. It serves queries in order of arrival: one at a time in each slot, or what waits as one batch,
 * as large as allowed. A server of the published scripts has one slot and no batches.
 *
 * Service times are drawn from the quantile knots of the table by inverse transform. Each query
 * draws a uniform number; a batch takes the time of the bin of its total at the number of its oldest query. Timers are
 * accurate to a millisecond: the error of one is taken off the next, so that the mean service time is right without
 * busy waiting. A query that waits here starts when the query before it ends by the table, which is `overheadMs` after
 * its answer is sent.
 *
 * @param type the index of the type in the latency table
 * @param uniform draws from [0, 1)
 */
export function emulateInstance(
  latency: LatencyTable,
  type: number,
  uniform: () => number,
  { overheadMs, slots = 1, largestBatch = 0 }: EmulatedServing,
) {
  const { batchSizes } = latency
  const queue: EmulatedQuery[] = []
  const idle: Slot[] = Array.from({ length: slots }, () => ({ timer: undefined, debtMs: 0, endMs: 0 }))
  const all = [...idle]
  let served = 0
  let batches = 0
  let slowdown = 1

  /** The oldest queries, as many as fit into a batch, and their bin. */
  const nextBatch = (): { members: EmulatedQuery[]; bin: number } => {
    const members: EmulatedQuery[] = []
    let total = 0
    let bin = 0
    while (queue.length > 0 && members.length < MAX_BATCH_QUERIES) {
      const own = binOf(batchSizes, queue[0].batch)
      if (members.length > 0 && total + batchSizes[own] > largestBatch) break
      const query = queue.shift()!
      if (query.abandoned()) continue
      members.push(query)
      total += batchSizes[own]
      bin = members.length === 1 ? own : binOf(batchSizes, total)
    }
    return { members, bin }
  }

  /** @param sinceMs when the slot could begin */
  const startNext = (slot: Slot, sinceMs: () => number): void => {
    const { members, bin } = nextBatch()
    if (members.length === 0) {
      idle.push(slot)
      return
    }
    const [oldest] = members.map(uniform)
    const serviceMs = slowdown * quantileMs(latency, type * batchSizes.length + bin, oldest)
    const nowMs = performance.now()
    const delayMs = Math.max(0, sinceMs() + serviceMs - overheadMs - nowMs)
    const dueMs = nowMs + delayMs
    slot.endMs = dueMs + overheadMs
    slot.timer = setTimeout(() => {
      const lateMs = performance.now() - dueMs
      slot.debtMs = Math.max(-MOST_DEBT_MS, Math.min(MOST_DEBT_MS, lateMs))
      served += members.length
      batches++
      for (const { done } of members) done(serviceMs)
      startNext(slot, () => Math.max(slot.endMs, performance.now() - MOST_DEBT_MS))
    }, Math.round(delayMs))
  }

  /** An idle slot begins; with batches it waits for requests of the same moment, as a part of the service time. */
  const begin = (slot: Slot): void => {
    const nowMs = performance.now()
    if (largestBatch > 0) {
      slot.timer = setTimeout(() => startNext(slot, () => nowMs - slot.debtMs), GATHER_MS)
    } else startNext(slot, () => nowMs - slot.debtMs)
  }

  return {
    get waiting() {
      return queue.length
    },
    /** Queries served so far, and the batches that they were served in. */
    get served() {
      return served
    },
    get batches() {
      return batches
    },
    /** @throws KairosError BAD_MODEL for a batch without a bin; nothing is queued then */
    serve(query: EmulatedQuery): void {
      // throws for a batch without a bin
      binOf(batchSizes, query.batch)
      queue.push(query)
      const slot = idle.pop()
      if (slot) begin(slot)
    },
    /** Multiplies further service times by `factor`, above 0; 1 is as in the table. @throws KairosError BAD_USAGE */
    slowDown(factor: number): void {
      if (!(typeof factor === 'number' && factor > 0 && Number.isFinite(factor))) {
        refuseUsage('factor', `is ${valueText(factor)}`, 'a number > 0 is expected')
      }
      slowdown = factor
    },
    stop(): void {
      for (const { timer } of all) clearTimeout(timer)
      queue.length = 0
    },
  }
}
