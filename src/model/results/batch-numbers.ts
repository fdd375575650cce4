/**
 * The batch of each query of a schedule, numbered by start, and by instance among those that start at the same time: an
 * instance starts one batch at a time.
 *
 * @param startMs by query, in any order
 * @param instance by query
 */
export function batchNumbers(startMs: Float64Array, instance: Int32Array): Int32Array {
  const batch = new Int32Array(startMs.length)
  let number = -1
  byStart(startMs, instance).forEach((query, i, order) => {
    const before = order[i - 1]
    if (i === 0 || startMs[before] !== startMs[query] || instance[before] !== instance[query]) number++
    batch[query] = number
  })
  return batch
}

/** If a bucket has more queries, all queries are sorted by comparisons instead. */
const LARGEST_BUCKET = 256

/**
 * The queries by start, then by instance, then by their own order. They are put into as many equal intervals of time as
 * there are queries, and then moved the few places that are left: less than half the time of a sort by comparisons.
 */
function byStart(startMs: Float64Array, instance: Int32Array): Int32Array {
  const queries = startMs.length
  let first = Infinity
  let last = -Infinity
  for (let query = 0; query < queries; query++) {
    if (startMs[query] < first) first = startMs[query]
    if (startMs[query] > last) last = startMs[query]
  }
  const bucketOf = (ms: number) =>
    ms > first ? Math.floor(((ms - first) / (last - first)) * (queries - 1)) : 0
  // how many queries each bucket has, one place further on; then the next place of each bucket in the order
  const next = new Int32Array(queries + 1)
  for (let query = 0; query < queries; query++) next[bucketOf(startMs[query]) + 1]++
  const compare = (a: number, b: number) => startMs[a] - startMs[b] || instance[a] - instance[b] || a - b
  for (let bucket = 0; bucket < queries; bucket++) {
    if (next[bucket + 1] > LARGEST_BUCKET) return Int32Array.from(startMs.keys()).sort(compare)
    next[bucket + 1] += next[bucket]
  }
  const order = new Int32Array(queries)
  for (let query = 0; query < queries; query++) order[next[bucketOf(startMs[query])]++] = query
  for (let i = 1; i < queries; i++) {
    const query = order[i]
    let at = i
    for (; at > 0 && compare(order[at - 1], query) > 0; at--) order[at] = order[at - 1]
    order[at] = query
  }
  return order
}
