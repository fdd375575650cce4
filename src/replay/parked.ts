/**
 * What may be parked at the last arrival. If a share of queries may be late, a policy under which late queries yield can
 * leave the largest ones until nothing else arrives. A replay then serves more than the fleet can in the long run.
 */

/** The share of the volume of all queries. */
const PARKED_SHARE = 0.0003

/** With batches: late queries wait until they fill one, however short the replay is. No more than may wait in all (drain.ts). */
const PARKED_SHARE_OF_BATCHES = 0.002

/** @param hasBatches whether several queries may be served as one batch */
export function parkedShare(hasBatches: boolean): number {
  return hasBatches ? PARKED_SHARE_OF_BATCHES : PARKED_SHARE
}

/**
 * The volume that may be parked: 0.03% of all, 0.2% with batches, or one query of the largest size, which is more in a short
 * replay.
 *
 * @param volume the size of a query of each bin
 */
export function mostParked(volume: Float64Array, bin: Int32Array, hasBatches: boolean): number {
  const all = bin.reduce((sum, k) => sum + volume[k], 0)
  return Math.max(parkedShare(hasBatches) * all, volume[volume.length - 1])
}
