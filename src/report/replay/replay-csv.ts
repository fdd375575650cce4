import { csvText } from '../../model/csv.ts'
import { shareInsideQos } from '../../model/results/latencies.ts'
import type { ReplayComparison } from '../../model/results/replay.ts'

const LATENCIES = ['avg', 'min', 'max', 'p99', 'p90', 'p50', 'std'] as const

/** One row per policy: the figures, with a column per type for its utilisation. */
export function replayCsv({ types, rows }: ReplayComparison): string {
  const timed = rows.some(({ elapsedMs }) => elapsedMs !== undefined)
  const header = [
    ...['policy', 'queries', 'violations', 'inside_qos', 'within_qos', 'throughput_qps'],
    ...LATENCIES.map((name) => `${name}_ms`),
    ...['decisions', 'verdict'],
    ...types.map((name) => `utilisation_${name}`),
    ...(timed ? ['elapsed_ms'] : []),
  ]
  const lines = rows.map((row) => [
    ...[row.policy, row.queries, row.violations, shareInsideQos(row), row.withinQos, row.throughput],
    ...LATENCIES.map((name) => row.latencyMs[name]),
    ...[row.decisions, row.verdict],
    ...row.utilisation,
    ...(timed ? [row.elapsedMs] : []),
  ])
  return csvText([header, ...lines])
}
