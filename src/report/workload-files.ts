import type { Space } from '../model/fleet/space.ts'
import type { Workload } from '../model/workload/workload.ts'
import { csvText } from './csv.ts'

/** A file by its name. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/** A workload as the command line reads it: the document, and its tables with every digit of their numbers. */
export function workloadFiles({ model, latency, mix, qosMs, percentile, batching }: Workload): NamedText[] {
  const { types, batchSizes, levels, samples, concurrency, meanMs, knotsMs } = latency
  const counted = samples.some((count) => count > 0)
  const names = Array.from(levels, (level) => `p${Number((100 * level).toPrecision(12))}_ms`)
  const about = [...(counted ? ['samples'] : []), ...(concurrency ? ['concurrency'] : [])]
  const header = ['instance_type', 'batch_size', ...about, 'mean_ms', ...names]
  const rows = Array.from(meanMs, (mean, row) => [
    types[Math.floor(row / batchSizes.length)],
    batchSizes[row % batchSizes.length],
    ...(counted ? [samples[row]] : []),
    ...(concurrency ? [concurrency[Math.floor(row / batchSizes.length)] || ''] : []),
    mean,
    ...knotsMs.subarray(row * levels.length, (row + 1) * levels.length),
  ])
  const document = { model, latency: 'latency.csv', mix: 'mix.csv', qosMs, percentile, batching }
  const shares = Array.from(mix.batchSizes, (size, i) => [size, mix.probabilities[i]])
  return [
    { name: 'workload.json', text: `${JSON.stringify(document, null, 2)}\n` },
    { name: 'latency.csv', text: csvText([header, ...rows]) },
    { name: 'mix.csv', text: csvText([['batch_size', 'probability'], ...shares]) },
  ]
}

export function spaceFile(space: Space): NamedText {
  return { name: 'space.json', text: `${JSON.stringify(space, null, 2)}\n` }
}
