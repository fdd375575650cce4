/**
 * What may be parked at the last arrival. If a share of queries may be late, a policy under which late queries yield can
 * leave the largest ones until nothing else arrives. A replay then serves more than the fleet can in the long run.
 */

/** The share of the volume of all queries. */
export const PARKED_SHARE = 0.0003

/**
 * The volume that may be parked: 0.03% of all, or one query of the largest size, which is more in a short replay.
 *
 * @param volume the size of a query of each bin
 */
export function mostParked(volume: Float64Array, bin: Int32Array): number {
  const all = bin.reduce((sum, k) => sum + volume[k], 0)
  return Math.max(PARKED_SHARE * all, volume[volume.length - 1])
}
