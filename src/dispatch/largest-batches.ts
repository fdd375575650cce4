import type { PolicyContext } from './policy.ts'

/** T largest totals of two or more queries, 0 for a type that serves one at a time. */
export function largestOf({ types, batchSizes, batchBins }: PolicyContext): Float64Array {
  return Float64Array.from(types, (_, t) => {
    const bin = batchBins?.[t] ?? -1
    return bin < 0 ? 0 : batchSizes[bin]
  })
}

/** Whether two queries ever fit into one batch. */
export function hasBatches(context: PolicyContext): boolean {
  return largestOf(context).some((size) => size >= 2 * context.batchSizes[0])
}
