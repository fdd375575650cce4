/**
 * The fastest and the slowest service time of a latency table that gives neither `p0_ms` nor `p100_ms`, or one of them.
 *
 * - `p100_ms` is the last quantile plus its distance to the one before (to the mean, where it is the only one): the
 *   tail beyond p99 is as long as the step from p95 to p99. In an exponential tail, that is where p99.8 lies.
 * - `p0_ms` is chosen, from 0 to the first quantile, so that the quantiles, linear between each other, have the mean
 *   `mean_ms`.
 * - Where no such `p0_ms` makes their mean high enough, a derived `p100_ms` is raised until it is.
 *
 * So the mean of the quantiles is never below `mean_ms` where `p100_ms` or `p0_ms` is derived: the service times that
 * replays draw are not shorter in the mean than the fluid bound assumes, so it remains an upper bound. Where both are
 * given, nothing is changed, and the mean must lie between them.
 */

/** The given quantiles of a row. */
interface GivenQuantiles {
  /** From 0 to 1, increasing; one at least. */
  readonly levels: readonly number[]
  /** ms, never decreasing. */
  readonly values: readonly number[]
  readonly meanMs: number
}

/** Levels with those that are derived: from 0 to 1. */
export function levelsWithEnds(levels: readonly number[]): number[] {
  return [...(levels[0] === 0 ? [] : [0]), ...levels, ...(levels[levels.length - 1] === 1 ? [] : [1])]
}

/** The quantiles of a row at `levelsWithEnds`, ms. */
export function withEnds({ levels, values, meanMs }: GivenQuantiles): number[] {
  const hasFirst = levels[0] === 0
  const hasLast = levels[levels.length - 1] === 1
  const allLevels = levelsWithEnds(levels)
  const all = [...(hasFirst ? [] : [values[0]]), ...values]
  if (!hasLast) {
    const last = values[values.length - 1]
    const before = values.length > 1 ? values[values.length - 2] : meanMs
    all.push(last + Math.max(0, last - before))
  }
  if (!hasFirst) {
    const missing = meanMs - mean(allLevels, all)
    all[0] = Math.min(values[0], Math.max(0, all[0] + (2 * missing) / allLevels[1]))
  }
  if (!hasLast) {
    const missing = meanMs - mean(allLevels, all)
    if (missing > 0) all[all.length - 1] += (2 * missing) / (1 - allLevels[allLevels.length - 2])
  }
  return all
}

/** The largest share, and the most ms, by which rounding may put a mean outside its quantiles. */
const ROUNDED_SHARE = 0.01
const ROUNDED_MS = 0.001

/** The relative error of a mean of quantiles. */
const PRECISION = 1e-9

/** What is wrong with the mean of a row: it lies outside its quantiles, or no `p0_ms` gives them this mean. */
export function meanProblem(row: GivenQuantiles): string | undefined {
  const { levels, values, meanMs } = row
  const [first, last] = [values[0], values[values.length - 1]]
  if (levels[0] === 0 && meanMs < first * (1 - ROUNDED_SHARE) - ROUNDED_MS) {
    return `is ${meanMs}, below p0, ${first}`
  }
  if (levels[levels.length - 1] !== 1) return undefined
  if (meanMs > last * (1 + ROUNDED_SHARE) + ROUNDED_MS) return `is ${meanMs}, above p100, ${last}`
  if (levels[0] === 0) return undefined
  const most = mean([0, ...levels], withEnds(row))
  return most < meanMs * (1 - PRECISION)
    ? `is ${meanMs}, above the mean of the quantiles, ${most.toPrecision(4)}`
    : undefined
}

/** The mean of a distribution whose quantiles are linear between the given ones. */
export function mean(levels: ArrayLike<number>, values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 1; i < levels.length; i++) {
    sum += ((levels[i] - levels[i - 1]) * (values[i] + values[i - 1])) / 2
  }
  return sum
}
