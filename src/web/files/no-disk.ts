/** Takes the place of the modules of files/ that write or cache: the page has no disk. */
import { KairosError } from '../../model/errors.ts'

export function writeAtomically(file: string): never {
  throw new KairosError('DISK', 'the page writes no files', { file }, 'download it')
}

export const openTraceCache = (): undefined => undefined
export const keptTrace = (): undefined => undefined
export const keepTrace = (): undefined => undefined

/** Of fast-csv, which formats tables that are written to disk. */
export const writeToString = (): never => writeAtomically('a table')
