import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkGiven, checkPath, type OptionNames } from '../../../model/checks.ts'
import { KairosError } from '../../../model/errors.ts'
import type { OnProgress } from '../../../model/progress.ts'
import type { LatencyTable } from '../../../model/workload/latency-table.ts'
import { LEVELS, type Summary } from '../../../model/workload/summary.ts'
import { diskError } from '../../io/disk-error.ts'
import { writeTogether } from '../../io/write.ts'
import { latencyTableText } from '../latency-table.ts'
import { readArchive } from './archive.ts'
import { readFolder } from './folder.ts'
import { addMeasurement, isMeasurement, type Measured, pairOf } from './measurements.ts'
import { summarise } from './samples.ts'

/** The published types in the order of the published space. Other types follow in the order of their names. */
const TYPE_ORDER = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

/** Options of `importHpdc23`. */
export interface ImportOptions {
  /** Receives the bytes of the archive, or the files of the folder, that are read, and their total. */
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<ImportOptions> = { onProgress: true, signal: true }

/** A latency table that was written. */
export interface ImportedTable {
  readonly model: string
  readonly path: string
  readonly types: number
  readonly bins: number
}

/**
 * Imports the published measurements: `<type>/<model>_<batch>_1.json`, each a list of inference times in ms, and
 * `logs_load/` with the load times in the same layout. Writes `<model>.csv` for every model: all of them, or none.
 *
 * @param source a folder, or a .tar.gz; other files in it are ignored
 * @throws KairosError NO_FILE; BAD_ARCHIVE where the source is damaged or unsafe, or a measurement is missing, occurs
 * twice, or is not a list of times; the reason of an aborted signal
 */
export async function importHpdc23(
  source: string,
  outDir: string,
  options: ImportOptions = {},
): Promise<ImportedTable[]> {
  checkGiven(options, OPTIONS)
  checkPath(source)
  const { onProgress, signal } = options
  const measured: Measured = new Map()
  try {
    const read = (await stat(source)).isDirectory() ? readFolder : readArchive
    for await (const { name, text } of read(source, { wanted: isMeasurement, onProgress, signal })) {
      addMeasurement(measured, source, name, text)
    }
  } catch (error) {
    throw diskError(error, source)
  }
  const tables = tablesOf(measured, source)
  const pathOf = (model: string) => join(outDir, `${model}.csv`)
  const files = tables.map(async ([model, table]) => {
    return { path: pathOf(model), chunks: await latencyTableText(table) }
  })
  await writeTogether(await Promise.all(files))
  return tables.map(([model, { types, batchSizes }]) => {
    return { model, path: pathOf(model), types: types.length, bins: batchSizes.length }
  })
}

/** The latency table of every model, by name. */
function tablesOf(measured: Measured, source: string): [model: string, table: LatencyTable][] {
  if (measured.size === 0) {
    const cure = 'expected <type>/<model>_<batch>_1.json, and the same below logs_load/'
    throw new KairosError('BAD_ARCHIVE', 'holds no measurement', { file: source }, cure)
  }
  const all = [...measured.values()]
  const rank = (type: string) => (TYPE_ORDER.includes(type) ? TYPE_ORDER.indexOf(type) : TYPE_ORDER.length)
  const types = [...new Set(all.map(({ type }) => type))].sort().sort((a, b) => rank(a) - rank(b))
  const batchSizes = Float64Array.from(new Set(all.map(({ batch }) => batch))).sort()
  const models = [...new Set(all.map(({ model }) => model))].sort()
  const summaryOf = (model: string, type: string, batch: number): Summary => {
    const [inference, load] = pairOf(measured, source, { model, type, batch })
    return summarise(inference, load)
  }
  return models.map((model) => {
    const rows = types.flatMap((type) => Array.from(batchSizes, (batch) => summaryOf(model, type, batch)))
    const table = {
      types,
      batchSizes,
      levels: LEVELS,
      samples: Float64Array.from(rows, ({ samples }) => samples),
      meanMs: Float64Array.from(rows, ({ meanMs }) => meanMs),
      knotsMs: Float64Array.from(rows.flatMap(({ knotsMs }) => [...knotsMs])),
    }
    return [model, table]
  })
}
