import { type BatchedRule, MAX_UNITS } from '../rules.ts'

/**
 * Numbers of a row: for 0 to MAX_UNITS units, and one more, as the kernel reads two at a time
 * (assembly/layout/batches.ts).
 */
export const UNIT_ROW = MAX_UNITS + 2

/** T x UNIT_ROW times of batches by their size in units, ms. */
interface UnitTimes {
  readonly unitMs: Float64Array
  /** The longest one of up to this size. */
  readonly unitLongestMs: Float64Array
  readonly unitGuardMs: Float64Array
}

/** The service times of batches, and those with which deadlines are checked, by size in units of the knapsack. */
export function unitTimes(
  { weight, batchSize, unit, guardMs }: BatchedRule,
  meanMs: Float64Array,
): UnitTimes {
  const types = weight.length
  const bins = batchSize.length
  const unitMs = new Float64Array(types * UNIT_ROW)
  const unitLongestMs = new Float64Array(types * UNIT_ROW)
  const unitGuardMs = new Float64Array(types * UNIT_ROW)
  let bin = 0
  for (let units = 1; units < UNIT_ROW; units++) {
    while (bin < bins - 1 && batchSize[bin] < units * unit) bin++
    for (let t = 0; t < types; t++) {
      const at = t * UNIT_ROW + units
      const cell = t * bins + bin
      unitMs[at] = meanMs[cell]
      unitLongestMs[at] = Math.max(unitLongestMs[at - 1], meanMs[cell])
      unitGuardMs[at] = guardMs[cell]
    }
  }
  return { unitMs, unitLongestMs, unitGuardMs }
}
