import type { Estimate } from '../model/results/capacity.ts'
import { isWide } from '../model/results/wide-interval.ts'

/** Quantiles of Student's t at 0.975, for 1 to 30 degrees of freedom. */
const T_975 = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604,
  2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555,
  2.0518, 2.0484, 2.0452, 2.0423,
]

/** Values that differ by this share of their mean are equal: their quotients and their mean are rounded. */
const ROUNDING = 1e-12

/** The mean of some values, and half the width of its 95% interval; Infinity for a single value. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  if (count < 2) return { mean, halfWidth: Infinity }
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0)
  const error = Math.sqrt(squares / (count - 1) / count)
  return { mean, halfWidth: error > ROUNDING * Math.abs(mean) ? t975(count - 1) * error : 0 }
}

/** Whether a share of the bound may be 1: its interval includes 1 and is not wide. One repetition has no interval. */
export function reachesBound({ mean, halfWidth }: Estimate): boolean {
  if (halfWidth === Infinity) return mean >= 1
  return !isWide(halfWidth) && mean + halfWidth >= 1
}

/** The mean share of the bounds, 0 where a repetition has none, and whether it may be 1. */
export function boundShare(ofBound: Estimate | null): { shareOfBound: number; atBound: boolean } {
  return { shareOfBound: ofBound?.mean ?? 0, atBound: ofBound !== null && reachesBound(ofBound) }
}

function t975(degrees: number): number {
  if (degrees <= T_975.length) return T_975[degrees - 1]
  // Cornish and Fisher's expansion around the normal quantile: exact to four digits above 30
  const z = 1.959964
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
}
