import type { Space } from '../model/fleet/space.ts'
import { tableCells } from '../model/workload/table-cells.ts'
import type { Workload } from '../model/workload/workload.ts'
import { csvText } from './csv.ts'

/** A file by its name. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/** A workload as the command line reads it: the document, and its tables with every digit of their numbers. */
export function workloadFiles({ model, latency, mix, qosMs, percentile, batching }: Workload): NamedText[] {
  const document = { model, latency: 'latency.csv', mix: 'mix.csv', qosMs, percentile, batching }
  const shares = Array.from(mix.batchSizes, (size, i) => [size, mix.probabilities[i]])
  return [
    { name: 'workload.json', text: `${JSON.stringify(document, null, 2)}\n` },
    { name: 'latency.csv', text: csvText(tableCells(latency, String, String)) },
    { name: 'mix.csv', text: csvText([['batch_size', 'probability'], ...shares]) },
  ]
}

export function spaceFile(space: Space): NamedText {
  return { name: 'space.json', text: `${JSON.stringify(space, null, 2)}\n` }
}
