/**
 * Regression by a Gaussian process over a fixed list of points that are observed one after the other
 * (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1).
 *
 * With K the covariances of the n observed points, K + noise = L Lᵀ. The terms of the posterior are kept for every
 * point of the list, and a further observation adds a row:
 *
 *            point 0   1   2   …
 *   row 0          ·   ·   ·       = L⁻¹ (covariance of the observed points with the point), so that
 *   row 1          ·   ·   ·         row i at the j-th observed point is L(j, i): L is not kept apart
 *   …
 *
 * An observation costs n times the number of points and nothing is ever factorised again.
 */
import type { Counts } from '../../src/model/fleet/space.ts'

export interface GaussianProcess {
  /** Adds the value at a point; a point may be observed more than once. */
  observe(position: number, value: number): void
  /** Log marginal likelihood of the values observed so far, standardised. */
  logLikelihood(): number
  /** Mean and standard deviation of the function without noise, in the units of the values. */
  posterior(position: number): { readonly mean: number; readonly deviation: number }
}

/** Variance of the noise, as a share of the variance of the values. */
const NOISE = 1e-6

/** Below this share of the variance only rounding errors are left. */
const LEAST_VARIANCE = 1e-12

/**
 * The prior is the Matérn 5/2 covariance, with variance 1 over values that are standardised: their mean
 * subtracted, divided by their standard deviation (by 1 where they are all equal).
 *
 * @param lengthScale in instances
 */
export function gaussianProcess(points: readonly Counts[], lengthScale: number): GaussianProcess {
  const rows: Float64Array[] = []
  const values: number[] = []
  // L⁻¹ times the values, and L⁻¹ times ones, so that the mean can be subtracted later
  const ofValues: number[] = []
  const ofOnes: number[] = []
  let logPivots = 0
  let standard = standardOf(values)
  // for each point: the products of its column with the two vectors above, and with itself
  const valueSum = new Float64Array(points.length)
  const oneSum = new Float64Array(points.length)
  const explained = new Float64Array(points.length)

  return {
    observe(position, value) {
      const row = Float64Array.from(points, (point) =>
        matern(distance(point, points[position]) / lengthScale),
      )
      for (const earlier of rows) {
        const factor = earlier[position]
        for (let p = 0; p < row.length; p++) row[p] -= factor * earlier[p]
      }
      const pivot = Math.sqrt(1 + NOISE - explained[position])
      const ofValue = (value - valueSum[position]) / pivot
      const ofOne = (1 - oneSum[position]) / pivot
      for (let p = 0; p < row.length; p++) {
        row[p] /= pivot
        valueSum[p] += row[p] * ofValue
        oneSum[p] += row[p] * ofOne
        explained[p] += row[p] * row[p]
      }
      rows.push(row)
      values.push(value)
      ofValues.push(ofValue)
      ofOnes.push(ofOne)
      logPivots += Math.log(pivot)
      standard = standardOf(values)
    },

    logLikelihood() {
      const { mean, deviation } = standard
      const misfit = ofValues.reduce((sum, v, i) => sum + ((v - mean * ofOnes[i]) / deviation) ** 2, 0)
      return -misfit / 2 - logPivots - (values.length / 2) * Math.log(2 * Math.PI)
    },

    posterior(position) {
      const { mean, deviation } = standard
      return {
        mean: mean + valueSum[position] - mean * oneSum[position],
        deviation: deviation * Math.sqrt(Math.max(1 - explained[position], LEAST_VARIANCE)),
      }
    },
  }
}

function standardOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const count = Math.max(values.length, 1)
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count
  return { mean, deviation: Math.sqrt(variance) || 1 }
}

function distance(a: Counts, b: Counts): number {
  let squares = 0
  for (let t = 0; t < a.length; t++) squares += (a[t] - b[t]) ** 2
  return Math.sqrt(squares)
}

/** Matérn covariance with smoothness 5/2 (the same, equation 4.17) over a distance in length scales. */
function matern(distance: number): number {
  const d = Math.sqrt(5) * distance
  return (1 + d + (d * d) / 3) * Math.exp(-d)
}
