import { errorFunction } from 'simple-statistics'

const LOG_ROOT_2PI = Math.log(2 * Math.PI) / 2

/** Levels of the continued fraction, more than enough for x >= 1. */
const LEVELS = 100

/**
 * Logarithm of the expected improvement over `best` of a normally distributed value:
 * log(σ (φ(z) + z Φ(z))), z = (mean − best) / σ (Jones, Schonlau and Welch, 1998).
 *
 * It is a logarithm because far below the best the improvement is smaller than the errors of Φ, and then than the
 * smallest double, but candidates there must still be ordered (Ament and others, 2023).
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
