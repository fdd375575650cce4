import type { Trace } from '../../../src/model/trace/trace.ts'

/** A query every `gapMs`, of the given sizes in turn. */
export function evenTrace(gapMs: number, queries: number, sizes = [1, 10]): Trace {
  return {
    arrivalMs: Float64Array.from({ length: queries }, (_, i) => i * gapMs),
    batchSize: Float64Array.from({ length: queries }, (_, i) => sizes[i % sizes.length]),
  }
}
