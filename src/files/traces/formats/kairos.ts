import { anyCsv } from './csv.ts'
import type { TraceReader } from './format.ts'

/** The traces of this project, `arrival_ms,batch_size`, to cut, sort and scale them. */
export const kairos: TraceReader = {
  columns: 'arrival_ms,batch_size, to cut, sort and scale it',
  sizes: [],
  keepsClock: true,
  read(file, options, push) {
    return anyCsv.read(file, { ...options, map: { arrival: 'arrival_ms', size: 'batch_size' } }, push)
  },
}
