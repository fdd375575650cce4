import { KairosError } from '../../model/errors.ts'
import type { Mix } from '../../model/workload.ts'
import { writeAtomically } from '../io/write.ts'
import { columnOf, numberAt, readTable, refused } from './table.ts'

const HEADER = 'batch_size,probability'

/** The largest distance between 1 and the sum of the probabilities. */
const TOLERANCE = 1e-9

/**
 * Reads `batch_size,probability`. Sizes increase; probabilities sum to 1.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readMix(path: string): Promise<Mix> {
  const table = await readTable(path)
  const sizeColumn = columnOf(table, 'batch_size', HEADER)
  const shareColumn = columnOf(table, 'probability', HEADER)
  const batchSizes = new Float64Array(table.rows.length)
  const probabilities = new Float64Array(table.rows.length)
  let sum = 0
  table.rows.forEach((row, i) => {
    batchSizes[i] = numberAt(table, row, sizeColumn, (size) => size > 0, 'a number of items > 0')
    if (i > 0 && batchSizes[i] <= batchSizes[i - 1]) {
      const problem = `${batchSizes[i]} follows ${batchSizes[i - 1]}`
      throw refused(table, row, sizeColumn, problem, 'sizes that increase')
    }
    probabilities[i] = numberAt(table, row, shareColumn, isShare, 'a probability from 0 to 1')
    sum += probabilities[i]
  })
  if (Math.abs(sum - 1) > TOLERANCE) {
    throw new KairosError(
      'BAD_FILE',
      `the probabilities sum to ${Number(sum.toPrecision(10))}`,
      { file: path, field: 'probability' },
      'expected 1: divide each by the sum',
    )
  }
  return { batchSizes, probabilities }
}

/** Writes a mix, each number with the digits that restore the same double. */
export async function writeMix(path: string, mix: Mix): Promise<void> {
  await writeAtomically(path, mixLines(mix))
}

/** The lines of a mix, the header first. */
export function mixLines({ batchSizes, probabilities }: Mix): string[] {
  return [`${HEADER}\n`, ...Array.from(batchSizes, (size, k) => `${size},${probabilities[k]}\n`)]
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1
}
