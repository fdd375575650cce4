import { checkQueries, MAX_QUERIES, type Trace } from '../../model/trace/trace.ts'
import { append, emptyColumn, numbersOf } from '../io/number-column.ts'

/** The columns of a trace while it is read. */
export interface TraceColumns {
  push(arrivalMs: number, batchSize: number): void
  /** The rows so far, in columns of exactly their length. */
  finish(): Trace
}

/** @throws KairosError TOO_LARGE from `push`, beyond MAX_QUERIES */
export function createTraceColumns(): TraceColumns {
  const [arrivals, sizes] = [emptyColumn(), emptyColumn()]
  return {
    push(arrivalMs, batchSize) {
      if (arrivals.length === MAX_QUERIES) checkQueries(MAX_QUERIES + 1)
      append(arrivals, arrivalMs)
      append(sizes, batchSize)
    },
    finish: () => ({ arrivalMs: numbersOf(arrivals).slice(), batchSize: numbersOf(sizes).slice() }),
  }
}
