import { shareInsideQos } from '../../model/results/latencies.ts'
import type { ReplayComparison, ReplayFigures } from '../../model/results/replay.ts'
import { type Cell, csvText } from '../csv.ts'

const LATENCIES = ['avg', 'min', 'max', 'p99', 'p90', 'p50', 'std'] as const

/** The columns of the figures of a replay, with one per type for its utilisation. */
export function figureColumns(types: readonly string[]): string[] {
  return [
    ...['queries', 'violations', 'inside_qos', 'within_qos', 'throughput_qps'],
    ...LATENCIES.map((name) => `${name}_ms`),
    ...['decisions', 'verdict'],
    ...types.map((name) => `utilisation_${name}`),
  ]
}

export function figureCells(row: Omit<ReplayFigures, 'rate'>): Cell[] {
  return [
    ...[row.queries, row.violations, shareInsideQos(row), row.withinQos, row.throughput],
    ...LATENCIES.map((name) => row.latencyMs[name]),
    ...[row.decisions, row.verdict],
    ...row.utilisation,
  ]
}

/** One row per policy. */
export function replayCsv({ types, rows }: ReplayComparison): string {
  const timed = rows.some(({ elapsedMs }) => elapsedMs !== undefined)
  const header = ['policy', ...figureColumns(types), ...(timed ? ['elapsed_ms'] : [])]
  const lines = rows.map((row) => [row.policy, ...figureCells(row), ...(timed ? [row.elapsedMs] : [])])
  return csvText([header, ...lines])
}
