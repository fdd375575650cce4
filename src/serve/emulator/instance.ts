import { type LatencyTable, quantileMs } from '../../model/latency-table.ts'
import { binOf } from '../../model/workload.ts'

interface EmulatedQuery {
  readonly batch: number
  /** Called once, with the service time that was drawn, ms. */
  readonly done: (serviceMs: number) => void
  /** Whether the client has cancelled; such a query is not started. */
  readonly abandoned: () => boolean
}

/** Serves queries in order of arrival, one at a time in each slot; a server of the published scripts has one slot. */
export interface EmulatedInstance {
  /** @throws KairosError BAD_MODEL for a batch without a bin; nothing is queued then */
  serve(query: EmulatedQuery): void
  readonly waiting: number
  /** Queries served so far. */
  readonly served: number
  /** Multiplies all further service times by `factor`; 1 is as the table says. */
  slowDown(factor: number): void
  stop(): void
}

/** Serves one query at a time. */
interface Slot {
  timer: NodeJS.Timeout | undefined
  /** The error of the last timer, ms. */
  debtMs: number
  /** When the query ends by the table, ms. */
  endMs: number
}

/** Only this much of a timer's error is made up for by the next one, ms: the rest is not the timer's fault. */
const MOST_DEBT_MS = 2

/**
 * An instance of a type. Service times are drawn from the quantile knots of the table by inverse transform, one
 * uniform number per query. Timers are accurate to a millisecond: the error of one is taken off the next, so that the
 * mean service time is right without busy waiting. A query that waits here starts when the query before it ends by
 * the table, which is `overheadMs` after its answer is sent.
 *
 * @param uniform draws from [0, 1)
 * @param overheadMs the round trip of a call; queries are answered earlier by this time
 * @param slots queries that are served at the same time
 */
export function emulateInstance(
  latency: LatencyTable,
  type: number,
  uniform: () => number,
  overheadMs: number,
  slots = 1,
): EmulatedInstance {
  const queue: EmulatedQuery[] = []
  const idle: Slot[] = Array.from({ length: slots }, () => ({ timer: undefined, debtMs: 0, endMs: 0 }))
  const all = [...idle]
  let served = 0
  let slowdown = 1

  const startNext = (slot: Slot, hasWaited: boolean): void => {
    let query = queue.shift()
    while (query?.abandoned()) query = queue.shift()
    if (!query) {
      idle.push(slot)
      return
    }
    const { done } = query
    const row = type * latency.batchSizes.length + binOf(latency.batchSizes, query.batch)
    const serviceMs = slowdown * quantileMs(latency, row, uniform())
    const nowMs = performance.now()
    const startMs = hasWaited ? Math.max(slot.endMs, nowMs - MOST_DEBT_MS) : nowMs - slot.debtMs
    const delayMs = Math.max(0, startMs + serviceMs - overheadMs - nowMs)
    const dueMs = nowMs + delayMs
    slot.endMs = dueMs + overheadMs
    slot.timer = setTimeout(() => {
      const lateMs = performance.now() - dueMs
      slot.debtMs = Math.max(-MOST_DEBT_MS, Math.min(MOST_DEBT_MS, lateMs))
      served++
      done(serviceMs)
      startNext(slot, true)
    }, Math.round(delayMs))
  }

  return {
    get waiting() {
      return queue.length
    },
    get served() {
      return served
    },
    serve(query) {
      // throws for a batch without a bin
      binOf(latency.batchSizes, query.batch)
      queue.push(query)
      const slot = idle.pop()
      if (slot) startNext(slot, false)
    },
    slowDown(factor) {
      slowdown = factor
    },
    stop() {
      for (const { timer } of all) clearTimeout(timer)
      queue.length = 0
    },
  }
}
