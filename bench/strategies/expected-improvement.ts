import { errorFunction } from 'simple-statistics'

const LOG_ROOT_2PI = Math.log(2 * Math.PI) / 2

/** Levels of the continued fraction: more than enough from 1 on. */
const LEVELS = 100

/**
 * Logarithm of the expected improvement over `best` of something normally distributed:
 * log(σ (φ(z) + z Φ(z))), z = (mean − best) / σ (Jones, Schonlau and Welch, 1998).
 *
 * The logarithm, because far below the best the improvement itself is smaller than the errors of Φ, and soon
 * than the smallest double, but candidates there still have to be told apart (Ament and others, 2023).
 */
export function logExpectedImprovement(mean: number, deviation: number, best: number): number {
  const z = (mean - best) / deviation
  if (z >= -1) {
    const density = Math.exp(-(z * z) / 2 - LOG_ROOT_2PI)
    const probability = (1 + errorFunction(z / Math.SQRT2)) / 2
    return Math.log(deviation * (density + z * probability))
  }
  // Φ(−x) = φ(x) / (x + r), r = 1 / (x + 2 / (x + 3 / …)) (Laplace), so that φ(x) − x Φ(−x) = φ(x) r / (x + r)
  const x = -z
  let r = 0
  for (let level = LEVELS; level > 0; level--) r = level / (x + r)
  return Math.log(deviation) - (z * z) / 2 - LOG_ROOT_2PI + Math.log(r / (x + r))
}
