/** The levels of the knots that the shipped tables have. */
export const LEVELS = Float64Array.of(0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)

/**
 * The levels of tables from logs, with the 99.9th percentile. Without it the slowest percent is linear from p99 to the
 * maximum: one timeout in a thousand requests then counts as ten.
 */
export const LOG_LEVELS = Float64Array.of(...LEVELS.subarray(0, -1), 0.999, 1)

/** A row of a latency table, from samples. */
export interface Summary {
  readonly samples: number
  readonly meanMs: number
  /** Service times at the levels, ms. */
  readonly knotsMs: Float64Array
}

/** Summarises samples in increasing order, ms, with the results of numpy to the last bit. */
export function summariseSorted(sorted: Float64Array, levels: Float64Array = LEVELS): Summary {
  return {
    samples: sorted.length,
    meanMs: pairwiseSum(sorted) / sorted.length,
    knotsMs: Float64Array.from(levels, (level) => quantile(sorted, level)),
  }
}

/** numpy.quantile of sorted values, linear; to the last bit, because results are rounded afterwards. */
function quantile(sorted: Float64Array, level: number): number {
  const position = (sorted.length - 1) * level
  const below = Math.floor(position)
  const share = position - below
  const from = sorted[below]
  const to = sorted[Math.min(below + 1, sorted.length - 1)]
  return share < 0.5 ? from + (to - from) * share : to - (to - from) * (1 - share)
}

/** numpy.sum: eight partial sums for up to 128 values; longer lists are halved. */
function pairwiseSum(values: Float64Array): number {
  const { length } = values
  if (length < 8) return values.reduce((sum, value) => sum + value, 0)
  if (length > 128) {
    const half = Math.floor(length / 2)
    const middle = half - (half % 8)
    return pairwiseSum(values.subarray(0, middle)) + pairwiseSum(values.subarray(middle))
  }
  const lane = values.slice(0, 8)
  let i = 8
  for (; i < length - (length % 8); i += 8) for (let j = 0; j < 8; j++) lane[j] += values[i + j]
  let sum = lane[0] + lane[1] + (lane[2] + lane[3]) + (lane[4] + lane[5] + (lane[6] + lane[7]))
  for (; i < length; i++) sum += values[i]
  return sum
}
