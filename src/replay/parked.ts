/**
 * What may be parked at the last arrival. If a share of queries may be late, a policy under which late queries yield
 * can leave the largest ones until nothing else arrives. A replay then serves more than the fleet can in the long run.
 */

/** The share of what may be late. */
const PARKED_OF_LATE = 0.03

/** The share of the volume of all queries that may be parked: 0.03% where 1% of them may be late. */
export function parkedShare(percentile: number): number {
  return (PARKED_OF_LATE * (100 - percentile)) / 100
}

/**
 * The volume that may be parked: the share above, or one query of the largest size that is drawn, which is more in a
 * short replay. Larger sizes that the table has and no query do not count.
 *
 * @param volume the size of a query of each bin
 */
export function mostParked(volume: Float64Array, bin: Int32Array, percentile: number): number {
  const all = bin.reduce((sum, k) => sum + volume[k], 0)
  const largest = bin.reduce((size, k) => Math.max(size, volume[k]), 0)
  return Math.max(parkedShare(percentile) * all, largest)
}
