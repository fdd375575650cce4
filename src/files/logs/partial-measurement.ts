import { existsSync } from 'node:fs'
import { appendFile, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import type { MeasuredRound } from '../../model/results/measurement.ts'
import { throwDiskError } from '../io/disk-error.ts'
import { readBytes } from '../io/open-file.ts'
import { makeFolder, writeAtomically } from '../io/write.ts'

/** Ten million samples fit. */
const MOST_BYTES = 256 << 20

/** A round with the address of the server that was measured. */
interface MeasuredRecord extends MeasuredRound {
  readonly address: string
}

/** The file that keeps an unfinished measurement. */
export interface PartialMeasurement {
  readonly path: string
  /** What the file held when it was opened. */
  readonly kept: readonly MeasuredRecord[]
  add(record: MeasuredRecord): Promise<void>
  /**
   * Removes the rounds of types whose measurement is finished, and the file if there are no others. Rounds that another
   * process has added since the file was opened are lost.
   */
  remove(types: readonly string[]): Promise<void>
}

/**
 * Opens the file beside a table that keeps what is measured: a line with the settings, then one line of JSON per round.
 * The file is created by the first record. A last line that was cut is dropped.
 *
 * @param settings the settings that samples must share to belong to one table
 * @throws KairosError BAD_FILE where the file was made with other settings or is something else; NO_FILE
 */
export async function openPartialMeasurement(table: string, settings: object): Promise<PartialMeasurement> {
  const path = `${table}.partial.ndjson`
  const text = existsSync(path) ? (await readBytes(path, MOST_BYTES)).toString('utf8') : ''
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [head, ...lines] = whole.split('\n').slice(0, -1)
  if (head !== undefined && head !== JSON.stringify(settings)) {
    const cure = `remove it, or measure with its settings: ${head}`
    throw new KairosError('BAD_FILE', 'was started with other settings', { file: path, line: 1 }, cure)
  }
  const kept = lines.map((line, i) => recordOf(line, path, i + 2))
  const onDisk = <Result>(work: Promise<Result>) => work.catch(throwDiskError(path))
  let begun = head !== undefined
  if (whole.length < text.length) await onDisk(truncate(path, Buffer.byteLength(whole)))
  return {
    path,
    kept,
    async add(record) {
      if (!begun) await onDisk(makeFolder(dirname(path)))
      const lines = begun ? [record] : [settings, record]
      begun = true
      await onDisk(appendFile(path, textOf(lines)))
    },
    async remove(types) {
      const others = kept.filter(({ type }) => !types.includes(type))
      if (others.length === 0) await onDisk(rm(path, { force: true }))
      else await writeAtomically(path, textOf([settings, ...others]))
    },
  }
}

function textOf(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function recordOf(line: string, file: string, number: number): MeasuredRecord {
  try {
    const record = JSON.parse(line)
    const { type, address, samplesMs } = record
    const times = Array.isArray(samplesMs) && samplesMs.every((ms) => Number.isFinite(ms) && ms >= 0)
    if (typeof type === 'string' && typeof address === 'string' && times) return record
  } catch {
    // refused below
  }
  throw new KairosError('BAD_FILE', 'is not a measurement', { file, line: number }, 'remove the file')
}
