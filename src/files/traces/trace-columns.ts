import { checkQueries, MAX_QUERIES, type Trace } from '../../model/trace/trace.ts'
import { append, emptyColumn, numbersOf } from '../io/number-column.ts'

/** The columns of a trace while it is read. @throws KairosError TOO_LARGE from `push`, beyond MAX_QUERIES */
export function createTraceColumns() {
  const [arrivals, sizes] = [emptyColumn(), emptyColumn()]
  return {
    push(arrivalMs: number, batchSize: number): void {
      if (arrivals.length === MAX_QUERIES) checkQueries(MAX_QUERIES + 1)
      append(arrivals, arrivalMs)
      append(sizes, batchSize)
    },
    /** The rows so far, in columns of exactly their length. */
    finish: (): Trace => ({ arrivalMs: numbersOf(arrivals).slice(), batchSize: numbersOf(sizes).slice() }),
  }
}
