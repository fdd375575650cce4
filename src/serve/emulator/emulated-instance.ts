import { type LatencyTable, quantileMs } from '../../model/latency-table.ts'
import { binOf } from '../../model/workload.ts'

/** A query at an emulated instance. */
interface EmulatedQuery {
  readonly batch: number
  /** Called once, with the service time that was drawn, ms. */
  readonly done: (serviceMs: number) => void
  /** Whether nobody waits for the answer any more: it is then not started. */
  readonly abandoned: () => boolean
}

/** Serves one query at a time and lets the others wait in order, as a published server does. */
export interface EmulatedInstance {
  /** @throws KairosError BAD_MODEL for a batch that has no bin; nothing is queued then */
  serve(query: EmulatedQuery): void
  readonly waiting: number
  /** Queries served so far. */
  readonly served: number
  /** From now on everything takes `factor` times as long; 1 is what the table says. */
  slowDown(factor: number): void
  stop(): void
}

/** How far a timer may have been off for the next one to make up for it, ms: more is no timer's fault. */
const MOST_DEBT_MS = 2

/**
 * An instance of a type: service times are drawn from the quantile knots of the table by inverse transform,
 * one uniform number a query. Timers are good to a millisecond; what one of them was late, the next is early,
 * so that service times are right in the mean, and nothing waits busily. What waits here starts when the query
 * before it ends by the table, and not when its answer left for the client, earlier.
 *
 * @param uniform draws from [0, 1)
 * @param overheadMs what asking and answering take by themselves: a query is answered earlier by as much
 */
export function emulateInstance(
  latency: LatencyTable,
  type: number,
  uniform: () => number,
  overheadMs: number,
): EmulatedInstance {
  const queue: EmulatedQuery[] = []
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let served = 0
  let slower = 1
  let debtMs = 0
  let endMs = 0

  const next = (waited: boolean): void => {
    let query = queue.shift()
    while (query?.abandoned()) query = queue.shift()
    busy = query !== undefined
    if (!query) return
    const { done } = query
    const row = type * latency.batchSizes.length + binOf(latency.batchSizes, query.batch)
    const serviceMs = slower * quantileMs(latency, row, uniform())
    const nowMs = performance.now()
    const startMs = waited ? Math.max(endMs, nowMs - MOST_DEBT_MS) : nowMs - debtMs
    const delayMs = Math.max(0, startMs + serviceMs - overheadMs - nowMs)
    const dueMs = nowMs + delayMs
    endMs = dueMs + overheadMs
    timer = setTimeout(() => {
      const lateMs = performance.now() - dueMs
      debtMs = Math.max(-MOST_DEBT_MS, Math.min(MOST_DEBT_MS, lateMs))
      served++
      done(serviceMs)
      next(true)
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
      binOf(latency.batchSizes, query.batch)
      queue.push(query)
      if (!busy) next(false)
    },
    slowDown(factor) {
      slower = factor
    },
    stop() {
      clearTimeout(timer)
      queue.length = 0
    },
  }
}
