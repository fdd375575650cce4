import { type LatencyTable, quantileMs } from '../../model/latency-table.ts'
import { binOf } from '../../model/workload.ts'

interface EmulatedQuery {
  readonly batch: number
  /** Called once, with the service time that was drawn, ms. */
  readonly done: (serviceMs: number) => void
  /** Whether the client has cancelled; such a query is not started. */
  readonly abandoned: () => boolean
}

/** Serves one query at a time, in order of arrival, like a server of the published scripts. */
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
  let slowdown = 1
  let debtMs = 0
  let endMs = 0

  const startNext = (hasWaited: boolean): void => {
    let query = queue.shift()
    while (query?.abandoned()) query = queue.shift()
    busy = query !== undefined
    if (!query) return
    const { done } = query
    const row = type * latency.batchSizes.length + binOf(latency.batchSizes, query.batch)
    const serviceMs = slowdown * quantileMs(latency, row, uniform())
    const nowMs = performance.now()
    const startMs = hasWaited ? Math.max(endMs, nowMs - MOST_DEBT_MS) : nowMs - debtMs
    const delayMs = Math.max(0, startMs + serviceMs - overheadMs - nowMs)
    const dueMs = nowMs + delayMs
    endMs = dueMs + overheadMs
    timer = setTimeout(() => {
      const lateMs = performance.now() - dueMs
      debtMs = Math.max(-MOST_DEBT_MS, Math.min(MOST_DEBT_MS, lateMs))
      served++
      done(serviceMs)
      startNext(true)
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
      if (!busy) startNext(false)
    },
    slowDown(factor) {
      slowdown = factor
    },
    stop() {
      clearTimeout(timer)
      queue.length = 0
    },
  }
}
