import { writeToString } from 'fast-csv'
import { insideQos, type ReplayResults } from './replay-result.ts'

const LATENCIES = ['avg', 'min', 'max', 'p99', 'p90', 'p50', 'std'] as const

/** A row a policy: the figures, and a column per type for how busy it was. */
export function replayCsv({ types, rows }: ReplayResults): Promise<string> {
  const timed = rows.some(({ elapsedMs }) => elapsedMs !== undefined)
  const header = [
    ...['policy', 'queries', 'violations', 'inside_qos', 'within_qos', 'throughput_qps'],
    ...LATENCIES.map((name) => `${name}_ms`),
    ...['decisions', 'verdict'],
    ...types.map((name) => `utilisation_${name}`),
    ...(timed ? ['elapsed_ms'] : []),
  ]
  const lines = rows.map((row) => [
    ...[row.policy, row.queries, row.violations, insideQos(row), row.withinQos, row.throughput],
    ...LATENCIES.map((name) => row.latencyMs[name]),
    ...[row.decisions, row.verdict],
    ...row.utilisation,
    ...(timed ? [row.elapsedMs] : []),
  ])
  return writeToString([header, ...lines], { includeEndRowDelimiter: true })
}
