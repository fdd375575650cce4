import { appendFile, mkdir, readFile, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import type { MeasuredBin } from '../../model/results/measurement.ts'
import { diskError } from '../io/disk-error.ts'

/** A bin with the address of the server that was measured. */
interface MeasuredRecord extends MeasuredBin {
  readonly address: string
}

/** Where a measurement that is not finished is kept, and what it holds already. */
export interface PartialMeasurement {
  readonly path: string
  readonly kept: readonly MeasuredRecord[]
  add(record: MeasuredRecord): Promise<void>
  /** The measurement is finished: nothing is left behind. */
  remove(): Promise<void>
}

/**
 * Opens the file beside a table that keeps what is measured, one line of JSON a bin behind a line with the
 * settings; there need not be one yet. A last line that was cut is dropped.
 *
 * @param settings what has to be the same for samples to belong together
 * @throws KairosError BAD_FILE where it was made with other settings, or is something else; NO_FILE
 */
export async function openPartialMeasurement(table: string, settings: object): Promise<PartialMeasurement> {
  const path = `${table}.partial.ndjson`
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw diskError(error, path)
  })
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [head, ...lines] = whole.split('\n').slice(0, -1)
  if (head !== undefined && head !== JSON.stringify(settings)) {
    const cure = `remove it, or measure with its settings: ${head}`
    throw new KairosError('BAD_FILE', 'was begun with other settings', { file: path, line: 1 }, cure)
  }
  const kept = lines.map((line, i) => recordOf(line, path, i + 2))
  const onDisk = <Result>(work: Promise<Result>) => {
    return work.catch((error: unknown) => {
      throw diskError(error, path)
    })
  }
  let begun = head !== undefined
  if (whole.length < text.length) await onDisk(truncate(path, Buffer.byteLength(whole)))
  return {
    path,
    kept,
    async add(record) {
      if (!begun) await onDisk(mkdir(dirname(path), { recursive: true }))
      const lines = begun ? [record] : [settings, record]
      begun = true
      await onDisk(appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
    },
    remove: () => onDisk(rm(path, { force: true })),
  }
}

function recordOf(line: string, file: string, number: number): MeasuredRecord {
  try {
    const record = JSON.parse(line)
    const { type, address, batchSize, samplesMs } = record
    const times = Array.isArray(samplesMs) && samplesMs.every((ms) => Number.isFinite(ms) && ms >= 0)
    if (typeof type === 'string' && typeof address === 'string' && Number.isInteger(batchSize) && times)
      return record
  } catch {
    // said below
  }
  throw new KairosError('BAD_FILE', 'is no measurement', { file, line: number }, 'remove the file')
}
