import { KairosError } from '../../model/errors.ts'
import type { Mix } from '../../model/workload.ts'
import { columnOf, csvLine, numberAt, readCsv, refuseCell } from '../io/csv.ts'
import { writeAtomically } from '../io/write.ts'

const HEADER = 'batch_size,probability'

/** How far from 1 the probabilities of a mix may sum. */
const TOLERANCE = 1e-9

/**
 * Reads `batch_size,probability`: sizes increase, probabilities sum to 1.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readMix(path: string): Promise<Mix> {
  const csv = await readCsv(path)
  const sizeColumn = columnOf(csv, 'batch_size', HEADER)
  const shareColumn = columnOf(csv, 'probability', HEADER)
  const batchSizes = new Float64Array(csv.rows.length)
  const probabilities = new Float64Array(csv.rows.length)
  let sum = 0
  csv.rows.forEach((row, i) => {
    batchSizes[i] = numberAt(csv, row, sizeColumn, (size) => size > 0, 'a number of items > 0')
    if (i > 0 && batchSizes[i] <= batchSizes[i - 1]) {
      refuseCell(csv, row, sizeColumn, `${batchSizes[i]} follows ${batchSizes[i - 1]}`, 'sizes that increase')
    }
    probabilities[i] = numberAt(csv, row, shareColumn, (p) => p >= 0 && p <= 1, 'a probability from 0 to 1')
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

/** Writes a mix with all digits of its doubles. */
export async function writeMix(path: string, mix: Mix): Promise<void> {
  await writeAtomically(path, mixLines(mix))
}

/** The lines of a mix, the header first. */
export function mixLines({ batchSizes, probabilities }: Mix): string[] {
  return [`${HEADER}\n`, ...Array.from(batchSizes, (size, k) => csvLine([size, probabilities[k]]))]
}
