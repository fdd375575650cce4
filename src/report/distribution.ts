import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import { formatCount, formatFigure } from './numbers.ts'

interface Latencies {
  readonly avg: number
  readonly min: number
  readonly max: number
  readonly p99: number
  readonly p90: number
  readonly p50: number
  readonly std: number
}

interface Figures {
  /** Answered and failed. */
  readonly queries: number
  readonly failed: number
  readonly violations: number
  /** Share of all queries that were answered inside QoS, 0 to 1. */
  readonly insideQos: number
  /** Queries a second. */
  readonly throughput: number
  readonly latencyMs: Latencies
  readonly utilisation: readonly number[]
}

/** A run through live servers, and the same trace in virtual time where that was asked for. */
export interface DistributionResult extends Figures {
  readonly policy: string
  readonly decisions: number
  readonly decisionMs: Latencies
  readonly lagMs: Latencies
  readonly fellBehind: boolean
  readonly published: {
    readonly instances: number
    readonly types: Readonly<Record<string, number>>
    /** Dollars an hour; absent where a type has no known price. */
    readonly costPerHour?: number
    /** Percent of the queries with waiting time and service time inside QoS, as the published scripts count. */
    readonly nonViolation: number
    readonly violation: number
    /** Queries a second, to the last one sent. */
    readonly throughput: number
  }
  readonly replay?: Figures
  /** Live against replay: relative for the mean latency, percentage points for violations. */
  readonly difference?: { readonly meanLatency: number; readonly violationPoints: number }
}

const RULE = '================================'

/** Results for a terminal: the summary of the published scripts, and ours. */
export async function* distributionText(
  results: readonly DistributionResult[],
  color: boolean,
): AsyncGenerator<string> {
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  for (const result of results) {
    yield publishedSummary(result)
    const { replay } = result
    const header = [
      '',
      'queries',
      'failed',
      'late',
      'inside QoS',
      'q/s',
      'mean ms',
      'p50',
      'p90',
      'p99',
      'max',
    ]
    const rows = [figures('live', result), ...(replay ? [figures('replay', replay)] : [])]
    yield table([header.map(bold), ...rows], {
      border: getBorderCharacters('void'),
      drawHorizontalLine: () => false,
      columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
      columns: { 0: { alignment: 'left' } },
    })
    yield notes(result)
  }
}

function publishedSummary({ policy, published }: DistributionResult): string {
  const types = Object.entries(published.types).map(([type, count]) => `'${type}': ${count}`)
  const cost = published.costPerHour === undefined ? 'unknown' : `$${published.costPerHour}/hr`
  return [
    RULE,
    `Result of ${policy.toUpperCase()} query distributor:`,
    `number of instances: ${published.instances}`,
    `instance type: {${types.join(', ')}}`,
    `cloud cost: ${cost}`,
    `non violation: ${published.nonViolation}%`,
    `lat violation: ${published.violation}%`,
    `throughput QPS: ${published.throughput}`,
    RULE,
    '',
  ].join('\n')
}

function figures(name: string, { latencyMs, ...of }: Figures): string[] {
  return [
    name,
    formatCount(of.queries),
    formatCount(of.failed),
    formatCount(of.violations),
    `${(100 * of.insideQos).toFixed(2)}%`,
    of.throughput.toFixed(1),
    ...[latencyMs.avg, latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs.max].map((ms) => ms.toFixed(1)),
  ]
}

function notes({
  decisionMs,
  lagMs,
  fellBehind,
  difference,
  utilisation,
  published,
}: DistributionResult): string {
  const used = Object.entries(published.types)
    .map(([type, count], t) => (count > 0 ? `${type} ${(100 * utilisation[t]).toFixed(0)}%` : ''))
    .filter(Boolean)
  const lines = [
    `utilisation: ${used.join(', ')}`,
    `decisions: p50 ${formatFigure(1000 * decisionMs.p50)} µs, p99 ${formatFigure(1000 * decisionMs.p99)} µs`,
    `lag of the driver: p50 ${formatFigure(lagMs.p50)} ms, p99 ${formatFigure(lagMs.p99)} ms, max ${formatFigure(lagMs.max)} ms`,
  ]
  if (fellBehind) lines.push('THE DRIVER FELL BEHIND: its lag spoils the latencies above')
  if (difference) {
    const mean = signed(100 * difference.meanLatency, '%')
    lines.push(
      `live against replay: mean latency ${mean}, violations ${signed(difference.violationPoints, ' points')}`,
    )
  }
  return `${lines.join('\n')}\n\n`
}

function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}${unit}`
}
