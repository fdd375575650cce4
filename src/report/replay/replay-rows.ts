import { counted } from '../../model/counted.ts'
import { shareInsideQos } from '../../model/results/latencies.ts'
import type { ReplayRows } from '../../model/results/replay.ts'
import { inColumns, styles } from '../columns.ts'
import { csvText } from '../csv.ts'
import { formatCount, formatFigure, formatRate, sharePercent } from '../numbers.ts'
import { configurationText, serviceText, slotsText, targetText, verdictText } from '../phrases.ts'
import { figureCells, figureColumns } from './replay-csv.ts'
import { formatLatency } from './replay-table.ts'

/** Many replays, one row for each: a table, one JSON document with a row per line, or CSV. */
export function replayRowsText(
  replays: ReplayRows,
  format: 'table' | 'json' | 'csv',
  color: boolean,
): string {
  if (format === 'json') return json(replays)
  return format === 'csv' ? csv(replays) : table(replays, color)
}

function json({ rows, ...common }: ReplayRows): string {
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`)
  const question = Object.entries(common).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`],
  )
  return `{\n${question.join('')}  "results": [\n${lines.join(',\n')}\n  ]\n}\n`
}

function csv({ types, rows }: ReplayRows): string {
  const header = [
    'trace',
    ...types.map((name) => `count_${name}`),
    ...['policy', 'seed', 'rate_qps', ...figureColumns(types)],
  ]
  const lines = rows.map((row) => [
    ...[row.trace, ...row.counts, row.policy, row.seed, row.rate, ...figureCells(row)],
  ])
  return csvText([header, ...lines])
}

function table(replays: ReplayRows, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, types, slots, service, rows } = replays
  const total = types.map((_, t) => rows.reduce((sum, { counts }) => sum + counts[t], 0))
  const hasTraces = rows.some(({ trace }) => trace !== null)
  const lines = rows.map((row) => [
    ...(hasTraces ? [row.trace ?? ''] : []),
    ...[configurationText(types, row.counts), row.policy, String(row.seed)],
    ...[row.rate === null ? '' : formatFigure(row.rate), formatCount(row.queries)],
    ...[sharePercent(shareInsideQos(row)), formatCount(row.violations), formatRate(row.throughput)],
    ...(['avg', 'p50', 'p99', 'max'] as const).map((name) => formatLatency(row.latencyMs[name])),
    verdictText(row),
  ])
  const header = [
    ...(hasTraces ? ['trace'] : []),
    ...['counts', 'policy', 'seed', 'rate', 'queries', 'inside QoS', 'violations', 'q/s'],
    ...['avg', 'p50', 'p99', 'max', 'verdict'],
  ]
  const names = hasTraces ? [0, 1, 2] : [0, 1]
  return [
    bold(`${model}${slotsText({ types, counts: total, slots })}: ${targetText(replays)}`),
    dim(`${counted(rows.length, 'replay')}; ${serviceText(service)}; latencies in ms`),
    '',
    inColumns([header.map(bold), ...lines], [...names, header.length - 1]),
  ].join('\n')
}
