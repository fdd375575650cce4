import { checkQueries, type Trace } from '../../model/trace/trace.ts'

/** The columns of a trace while it is read. */
export interface TraceColumns {
  push(arrivalMs: number, batchSize: number): void
  /** The rows so far, in columns of exactly their length. */
  finish(): Trace
}

const FIRST_CAPACITY = 1 << 12

/** @throws KairosError TOO_LARGE from `push`, beyond MAX_QUERIES */
export function createTraceColumns(): TraceColumns {
  let arrivals = new Float64Array(FIRST_CAPACITY)
  let sizes = new Float64Array(FIRST_CAPACITY)
  let rows = 0
  return {
    push(arrivalMs, batchSize) {
      if (rows === arrivals.length) {
        checkQueries(rows + 1)
        arrivals = doubled(arrivals)
        sizes = doubled(sizes)
      }
      arrivals[rows] = arrivalMs
      sizes[rows++] = batchSize
    },
    finish: () => ({ arrivalMs: arrivals.slice(0, rows), batchSize: sizes.slice(0, rows) }),
  }
}

function doubled(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length)
  larger.set(column)
  return larger
}
