import { refuseUsage } from '../errors.ts'
import type { LatencyTable } from './latency-table.ts'

/** Bins beyond the table grow by this ratio. */
const STEP = 1.1

/**
 * A table with more bins, up to `largest`: the mean and each quantile go on along the line through the bin at half of
 * the last size and the last bin (or through 0, for a table of one bin), and never fall. Samples of such bins are 0.
 *
 * @throws KairosError BAD_USAGE unless `largest` is a size beyond the last bin
 */
export function extrapolateTable(table: LatencyTable, largest: number): LatencyTable {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = table
  const bins = batchSizes.length
  const last = batchSizes[bins - 1]
  if (!(largest > last && largest < 2 ** 31)) {
    const problem = `is ${largest}, and the largest bin is ${last}`
    refuseUsage('extrapolateTo', problem, 'a larger batch size is expected')
  }
  const added: number[] = []
  for (let size = last; size < largest; ) {
    size = Math.min(largest, Math.max(size + 1, Math.floor(size * STEP)))
    added.push(size)
  }
  const half = batchSizes.findIndex((size) => size >= last / 2)
  const from = half === bins - 1 ? half - 1 : half
  const width = levels.length
  const continued = (valueAt: (bin: number) => number, size: number) => {
    const [x, y] = from < 0 ? [0, 0] : [batchSizes[from], valueAt(from)]
    const end = valueAt(bins - 1)
    return Math.max(end, end + ((size - last) / (last - x)) * (end - y))
  }
  const rows = types.map((_, t) => {
    const at = t * bins
    const knots = added.flatMap((size) => {
      let before = 0
      return Array.from({ length: width }, (_knot, l) => {
        const knotMs = continued((bin) => knotsMs[(at + bin) * width + l], size)
        before = Math.max(before, knotMs)
        return before
      })
    })
    return {
      samples: [...samples.subarray(at, at + bins), ...added.map(() => 0)],
      means: [
        ...meanMs.subarray(at, at + bins),
        ...added.map((size) => continued((bin) => meanMs[at + bin], size)),
      ],
      knots: [...knotsMs.subarray(at * width, (at + bins) * width), ...knots],
    }
  })
  return {
    ...table,
    batchSizes: Float64Array.from([...batchSizes, ...added]),
    samples: Float64Array.from(rows.flatMap((row) => row.samples)),
    meanMs: Float64Array.from(rows.flatMap(({ means }) => means)),
    knotsMs: Float64Array.from(rows.flatMap(({ knots }) => knots)),
  }
}
