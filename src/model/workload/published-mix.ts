import type { Mix } from './workload.ts'

/** Width and number of the published bins: 10, 20, … 1000. */
const WIDTH = 10
const BINS = 100

/** The published log-normal: mean and deviation of the logarithm of the batch size. */
const MU = 5.1
const SIGMA = 0.2

/**
 * The published mix of batch sizes, exactly: of 99 equal parts 8 are uniform integers 1..99, 22 uniform
 * 200..599, 5 uniform 600..999 and 64 log-normal(5.1, 0.2) when inside [100, 200], otherwise uniform
 * integers 190..199; sizes are rounded up to bins of 10. Computed by sums and integrals, not by sampling.
 *
 * Source: query generator of Kairos (HPDC 2023).
 */
export function publishedMix(): Mix {
  const batchSizes = Float64Array.from({ length: BINS }, (_, k) => WIDTH * (k + 1))
  const probabilities = new Float64Array(BINS)
  const spread = (from: number, to: number, share: number): void => {
    const each = share / (to - from + 1)
    for (let size = from; size <= to; size++) probabilities[Math.ceil(size / WIDTH) - 1] += each
  }
  spread(1, 99, 8 / 99)
  spread(200, 599, 22 / 99)
  spread(600, 999, 5 / 99)
  let inside = 0
  for (let size = 100; size < 200; size += WIDTH) {
    const share = logNormalBelow(size + WIDTH) - logNormalBelow(size)
    probabilities[size / WIDTH] += (64 / 99) * share
    inside += share
  }
  spread(190, 199, (64 / 99) * (1 - inside))
  return { batchSizes, probabilities }
}

function logNormalBelow(size: number): number {
  return 0.5 + normalFromZero((Math.log(size) - MU) / SIGMA)
}

/**
 * P(0 < Z < z) of the standard normal, negative for z < 0: φ(z) (z + z³/3 + z⁵/(3·5) + …). All terms have
 * one sign, so nothing cancels: exact to the last few bits for |z| < 6.
 *
 * Source: G. Marsaglia, Evaluating the normal distribution, J. Stat. Software 11 (2004).
 */
function normalFromZero(z: number): number {
  let term = z
  let sum = z
  for (let odd = 3; Math.abs(term) > Number.EPSILON * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}
