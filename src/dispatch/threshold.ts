import { refuseUsage } from '../model/errors.ts'
import type { Policy, PolicyContext } from './policy.ts'
import { bestCut, evenCut, partition } from './threshold-cut.ts'

/**
 * After DeepRecSys (Gupta and others, ISCA 2020): queries above a batch size go to the type that is fastest on the
 * largest batch; the others go to the other types. Each side serves in order of arrival. The cut is found by
 * hill climbing on short replays, which takes some ten milliseconds, or a second with many instances.
 *
 * A live fleet cannot wait for that, and a cut for other counts may overload a side. So when an instance joins or
 * leaves, the cut is chosen that makes both sides as equally busy as possible.
 */
export const threshold: Policy = {
  name: 'threshold',
  summary: 'large queries to the fastest type, cut by hill climbing (DeepRecSys, ISCA 2020)',
  byCounts: true,
  prepare(context) {
    let isAskedAgain = false
    return (counts) => {
      const cut = isAskedAgain ? evenCut(context, counts) : bestCut(context, counts)
      isAskedAgain = true
      return partition(context, counts, cut)
    }
  },
}

/**
 * The same with a given cut: batch sizes up to it go to the other types. Its name is `threshold:<size>`.
 *
 * @throws KairosError BAD_USAGE for a size that is not a number >= 0
 */
export function thresholdAt(batchSize: number): Policy {
  if (!(batchSize >= 0 && batchSize < Infinity)) {
    const cure = 'a batch size >= 0 is expected, as in threshold:200'
    refuseUsage('policy', `cuts at ${batchSize}`, cure)
  }
  return {
    name: `threshold:${batchSize}`,
    summary: `queries above ${batchSize} to the fastest type, the others to the rest`,
    prepare: (context) => (counts) => partition(context, counts, smallBins(context, batchSize)),
  }
}

function smallBins({ batchSizes }: PolicyContext, batchSize: number): number {
  const behind = batchSizes.findIndex((size) => size > batchSize)
  return behind < 0 ? batchSizes.length : behind
}
