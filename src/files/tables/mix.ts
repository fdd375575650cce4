import { KairosError } from '../../model/errors.ts'
import { checkMix, MIX_TOLERANCE, type Mix } from '../../model/workload/workload.ts'
import { writeAtomically } from '../io/write.ts'
import { columnOf, numberAt, readTable, refused } from './table.ts'

const HEADER = 'batch_size,probability'

/**
 * Reads `batch_size,probability`, whose probabilities sum to 1, or `batch_size,count`, whose counts may be any numbers.
 * Sizes increase.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readMix(path: string): Promise<Mix> {
  const table = await readTable(path)
  const sizeColumn = columnOf(table, 'batch_size', HEADER)
  const isCounted = table.header.includes('count') && !table.header.includes('probability')
  const weight = isCounted ? 'count' : 'probability'
  const weightColumn = columnOf(table, weight, HEADER)
  const isWeight = isCounted ? isCount : isShare
  const expected = isCounted ? 'a number of queries >= 0' : 'a probability from 0 to 1'
  const batchSizes = new Float64Array(table.rows.length)
  const probabilities = new Float64Array(table.rows.length)
  let sum = 0
  table.rows.forEach((row, i) => {
    batchSizes[i] = numberAt(table, row, sizeColumn, (size) => size > 0, 'a number of items > 0')
    if (i > 0 && batchSizes[i] <= batchSizes[i - 1]) {
      const problem = `${batchSizes[i]} follows ${batchSizes[i - 1]}`
      throw refused(table, row, sizeColumn, problem, 'sizes that increase')
    }
    probabilities[i] = numberAt(table, row, weightColumn, isWeight, expected)
    sum += probabilities[i]
  })
  if (isCounted) {
    if (sum > 0 && sum < Infinity) {
      return { batchSizes, probabilities: probabilities.map((count) => count / sum) }
    }
    const [problem, cure] =
      sum === 0 ? ['all counts are 0', 'count some queries'] : ['the sum is too large', 'divide all counts']
    throw new KairosError('BAD_FILE', problem, { file: path, field: 'count' }, cure)
  }
  if (Math.abs(sum - 1) > MIX_TOLERANCE) {
    throw new KairosError(
      'BAD_FILE',
      `the probabilities sum to ${Number(sum.toPrecision(10))}`,
      { file: path, field: 'probability' },
      'expected 1: divide each by the sum, or name the column count',
    )
  }
  return { batchSizes, probabilities }
}

/**
 * Writes a mix, each number with the digits that restore the same double.
 *
 * @throws KairosError BAD_MODEL for a mix that is none; NO_FILE
 */
export async function writeMix(path: string, mix: Mix): Promise<void> {
  checkMix(mix)
  await writeAtomically(path, mixLines(mix))
}

/** The lines of a mix, the header first. */
export function mixLines({ batchSizes, probabilities }: Mix): string[] {
  return [`${HEADER}\n`, ...Array.from(batchSizes, (size, k) => `${size},${probabilities[k]}\n`)]
}

function isCount(value: number): boolean {
  return value >= 0
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1
}
