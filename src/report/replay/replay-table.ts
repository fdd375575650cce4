import { typesInUse } from '../../model/fleet/space.ts'
import { shareInsideQos } from '../../model/results/latencies.ts'
import type { PolicyReplay, ReplayComparison } from '../../model/results/replay.ts'
import { inColumns, styles } from '../columns.ts'
import {
  formatCount,
  formatDuration,
  formatFigure,
  formatQueries,
  formatRate,
  percent,
  sharePercent,
} from '../numbers.ts'
import { drawnText, fleetText, rateText, targetText, verdictText } from '../phrases.ts'
import { sparkline } from '../sparkline.ts'

/** Replays as text for a terminal: figures by policy, utilisation, served batch sizes, waiting queries. */
export function replayTable(results: ReplayComparison, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, types, counts, rate, rows } = results
  const used = typesInUse(counts)
  const names = used.map((t) => types[t])
  const busy = rows.map(({ policy, utilisation }) => [policy, ...used.map((t) => percent(utilisation[t], 1))])
  const served = rows.flatMap(({ policy, byBatchSize }) => {
    const asked = byBatchSize.filter(({ queries }) => queries > 0)
    const lines = asked.map(({ above, upTo, queries, share }) => [
      `${formatFigure(above)} to ${formatFigure(upTo)}`,
      formatCount(queries),
      ...used.map((t) => percent(share[t], 1)),
    ])
    return [
      bold(`${policy}: who served which batch sizes`),
      inColumns([['above, up to', 'queries', ...names].map(dim), ...lines], []),
    ]
  })
  // the columns of a policy end with its last query
  const lengths = rows.map(({ queue: { edgesMs } }) => `${formatDuration(edgesMs[1] - edgesMs[0])} a column`)
  const isSame = lengths.every((length) => length === lengths[0])
  const queues = rows.map((row, i) => [...waiting(row), ...(isSame ? [] : [lengths[i]])])
  return [
    bold(`${model} on ${fleetText(results)}: ${targetText(results)}`),
    dim(`${formatQueries(rows[0].queries)}${rateText(rate)}; ${drawnText(results)}; latencies in ms`),
    '',
    inColumns([FIGURES.map(({ name }) => bold(name)), ...rows.map(figures)], [0, FIGURES.length - 1]),
    inColumns([[bold('busy'), ...names.map(bold)], ...busy]),
    ...served,
    `${bold('queries waiting')} ${dim(isSame ? `on average, ${lengths[0]}` : 'on average')}`,
    inColumns(queues, [0, 1, 2, 3]),
  ].join('\n')
}

const FIGURES: readonly { readonly name: string; readonly cell: (row: PolicyReplay) => string }[] = [
  { name: 'policy', cell: (row) => row.policy },
  { name: 'inside QoS', cell: (row) => sharePercent(shareInsideQos(row)) },
  { name: 'violations', cell: (row) => formatCount(row.violations) },
  { name: 'q/s', cell: (row) => formatRate(row.throughput) },
  ...(['avg', 'min', 'p50', 'p90', 'p99', 'max', 'std'] as const).map((name) => ({
    name,
    cell: ({ latencyMs }: PolicyReplay) => formatLatency(latencyMs[name]),
  })),
  { name: 'verdict', cell: verdictText },
]

function figures(row: PolicyReplay): string[] {
  return FIGURES.map(({ cell }) => cell(row))
}

function waiting({ policy, queue }: PolicyReplay): string[] {
  const mean = Array.from(queue.mean)
  return [policy, sparkline(mean), `up to ${formatFigure(Math.max(...mean))}`]
}

/** Four digits, and all of a whole number. */
export function formatLatency(ms: number): string {
  // 999.95 has four digits as 1,000
  return ms >= 999.95 ? formatCount(ms) : ms.toPrecision(4)
}
