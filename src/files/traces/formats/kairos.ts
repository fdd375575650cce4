import type { ReadRows } from './format.ts'
import { readAnyCsv } from './mapped.ts'

/** Reads a trace of this project. */
export const readKairos: ReadRows = (file, options, push) => {
  return readAnyCsv(file, { ...options, map: { arrival: 'arrival_ms', size: 'batch_size' } }, push)
}
