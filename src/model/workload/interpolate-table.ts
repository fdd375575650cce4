import { refuseUsage } from '../errors.ts'
import type { LatencyTable } from './latency-table.ts'

/**
 * A table with other bins, from measured sizes. A bin that was measured is as measured. Between two sizes the mean and
 * the quantiles are those of the line between them, scaled down where the times bend upwards: to the higher of the
 * lines through the two sizes before and through the two behind, continued. So they are not above a curve that bends
 * one way, and a bound from them stays a bound. Samples of such bins are 0.
 *
 * @param bins increasing, within the measured sizes
 * @throws KairosError BAD_USAGE for a bin beyond the measured sizes
 */
export function interpolateTable(measured: LatencyTable, bins: readonly number[]): LatencyTable {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = measured
  const last = batchSizes.length - 1
  const beyond = bins.find((bin) => bin < batchSizes[0] || bin > batchSizes[last])
  if (beyond !== undefined) {
    const problem = `has ${beyond}, and ${batchSizes[0]} to ${batchSizes[last]} are measured`
    refuseUsage('bins', problem, 'measure the smallest and the largest bin')
  }
  const width = levels.length
  const rows = types.flatMap((_, t) => {
    const at = t * batchSizes.length
    const meansOf = meanMs.subarray(at, at + batchSizes.length)
    return bins.map((bin) => {
      const right = batchSizes.findIndex((size) => size >= bin)
      if (batchSizes[right] === bin) {
        const knots = knotsMs.subarray((at + right) * width, (at + right + 1) * width)
        return { samples: samples[at + right], mean: meansOf[right], knots: [...knots] }
      }
      const left = right - 1
      const share = (bin - batchSizes[left]) / (batchSizes[right] - batchSizes[left])
      const between = (values: Float64Array, a: number, b: number) =>
        values[a] + share * (values[b] - values[a])
      const onLine = between(meansOf, left, right)
      const mean = Math.min(onLine, lowest(batchSizes, meansOf, left, bin))
      const knots = Array.from({ length: width }, (_knot, l) => {
        return (mean / onLine) * between(knotsMs, (at + left) * width + l, (at + right) * width + l)
      })
      return { samples: 0, mean, knots }
    })
  })
  return {
    ...measured,
    batchSizes: Float64Array.from(bins),
    samples: Float64Array.from(rows, (row) => row.samples),
    meanMs: Float64Array.from(rows, (row) => row.mean),
    knotsMs: Float64Array.from(rows.flatMap(({ knots }) => knots)),
  }
}

/**
 * What a time between the sizes `left` and `left + 1` is at least, if the curve bends one way there and never falls;
 * Infinity where nothing is known of the curve.
 */
function lowest(sizes: Float64Array, means: Float64Array, left: number, bin: number): number {
  const continued = (a: number, b: number) =>
    a < 0 || b >= sizes.length
      ? 0
      : means[a] + ((bin - sizes[a]) / (sizes[b] - sizes[a])) * (means[b] - means[a])
  // two sizes do not tell how a curve bends: the line between them is taken as it is
  if (sizes.length === 2) return Infinity
  const floor = Math.min(means[left], means[left + 1])
  return Math.max(floor, continued(left - 1, left), continued(left + 1, left + 2))
}

/** Two neighbouring bins between which rounding up costs most. */
interface RoundingCost {
  readonly type: string
  readonly below: number
  readonly bin: number
  /** By how much longer than `below` a batch of `bin` takes: 0.02 is 2%. */
  readonly share: number
}

/** Where rounding sizes up to bins costs most time; undefined if every whole size from the first bin on is one. */
export function roundingCost({ types, batchSizes, meanMs }: LatencyTable): RoundingCost | undefined {
  let worst: RoundingCost | undefined
  for (let row = 1; row < meanMs.length; row++) {
    const k = row % batchSizes.length
    if (k === 0 || batchSizes[k] - batchSizes[k - 1] <= 1) continue
    const share = meanMs[row] / meanMs[row - 1] - 1
    const type = types[Math.floor(row / batchSizes.length)]
    if (share > (worst?.share ?? 0)) worst = { type, below: batchSizes[k - 1], bin: batchSizes[k], share }
  }
  return worst
}

/** A measured size that interpolation from the sizes around it misses most. */
interface InterpolationError {
  readonly type: string
  readonly size: number
  /** What interpolation says over what was measured, less 1: 0.02 is 2% too long. */
  readonly share: number
}

/** How far interpolation is off: each inner size is left out and interpolated. Undefined for fewer than three sizes. */
export function interpolationError(measured: LatencyTable): InterpolationError | undefined {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = measured
  let worst: InterpolationError | undefined
  for (let left = 1; left < batchSizes.length - 1; left++) {
    const without = (values: Float64Array, width: number) =>
      values.filter((_, i) => Math.floor(i / width) % batchSizes.length !== left)
    const fewer = {
      ...measured,
      batchSizes: batchSizes.filter((_, k) => k !== left),
      samples: without(samples, 1),
      meanMs: without(meanMs, 1),
      knotsMs: without(knotsMs, levels.length),
    }
    const guessed = interpolateTable(fewer, [batchSizes[left]])
    types.forEach((type, t) => {
      const share = guessed.meanMs[t] / meanMs[t * batchSizes.length + left] - 1
      if (Math.abs(share) > Math.abs(worst?.share ?? 0)) worst = { type, size: batchSizes[left], share }
    })
  }
  return worst
}
