import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'

interface MeasuredTable {
  readonly types: readonly string[]
  readonly batchSizes: Float64Array
  readonly levels: Float64Array
  readonly samples: Float64Array
  readonly meanMs: Float64Array
  readonly knotsMs: Float64Array
}

/** A measured latency table for a terminal: mean, quantiles and spread of every bin. */
export async function* measurementTable(measured: MeasuredTable, color: boolean): AsyncGenerator<string> {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = measured
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  const at = (row: number, level: number) => knotsMs[row * levels.length + levels.indexOf(level)]
  const header = ['type', 'batch', 'samples', 'mean ms', 'p50', 'p99', 'max', 'p99/p50']
  const rows = Array.from(meanMs, (mean, row) => {
    const [p50, p99, max] = [at(row, 0.5), at(row, 0.99), at(row, 1)]
    return [
      types[Math.floor(row / batchSizes.length)],
      String(batchSizes[row % batchSizes.length]),
      String(samples[row]),
      ...[mean, p50, p99, max].map((ms) => ms.toFixed(3)),
      `${(p99 / p50).toFixed(2)}x`,
    ]
  })
  yield table([header.map(bold), ...rows], {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
    columns: { 0: { alignment: 'left' } },
  })
}
