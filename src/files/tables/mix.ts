import { KairosError } from '../../model/errors.ts'
import { type LatencyTable, largestBin } from '../../model/workload/latency-table.ts'
import { checkMix, indexBeyond, MIX_TOLERANCE, type Mix } from '../../model/workload/workload.ts'
import { writeAtomically } from '../io/write.ts'
import { columnOf, numberAt, readTable, refused, type Table } from './table.ts'

const HEADER = 'batch_size,probability'

/**
 * Reads `batch_size,probability`, whose probabilities sum to 1, or `batch_size,count`, whose counts may be any numbers.
 * Sizes increase.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readMix(path: string): Promise<Mix> {
  return mixIn(await readTable(path))
}

/**
 * Reads a mix whose sizes a latency table serves.
 *
 * @param name of the latency table, for messages
 * @throws KairosError as readMix(); BAD_FILE for a size that occurs and is beyond the largest bin
 */
export async function readServedMix(path: string, latency: LatencyTable, name: string): Promise<Mix> {
  const table = await readTable(path)
  const mix = mixIn(table)
  const beyond = indexBeyond(latency, mix)
  if (beyond < 0) return mix
  const problem = `is ${mix.batchSizes[beyond]}, beyond the largest bin ${largestBin(latency)} of ${name}`
  const place = { file: path, line: table.rows[beyond].line, field: 'batch_size' }
  throw new KairosError('BAD_FILE', problem, place, 'measure that size, or leave it out of the mix')
}

/** @throws KairosError BAD_FILE */
function mixIn(table: Table): Mix {
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
    throw new KairosError('BAD_FILE', problem, { file: table.file, field: 'count' }, cure)
  }
  if (Math.abs(sum - 1) > MIX_TOLERANCE) {
    const problem = `the probabilities sum to ${Number(sum.toPrecision(10))}`
    const cure = 'expected 1: divide each by the sum, or name the column count'
    throw new KairosError('BAD_FILE', problem, { file: table.file, field: 'probability' }, cure)
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
