import type { LiveRunFigures, LiveRunSummary } from '../../model/results/live-run.ts'
import { inColumns, styles } from '../columns.ts'
import { formatCount, formatFigure, formatRate, percent, sharePercent } from '../numbers.ts'

const HEADER = ['', 'queries', 'failed', 'late', 'inside QoS', 'q/s', 'mean ms', 'p50', 'p90', 'p99', 'max']
const RULE = '================================'

/** Live runs as text for a terminal: the summary of the published scripts, then our figures. */
export function liveRunText(results: readonly LiveRunSummary[], color: boolean): string {
  const { bold } = styles(color)
  return results
    .map((result) => {
      const { replay } = result
      const rows = [figures('live', result), ...(replay ? [figures('replay', replay)] : [])]
      return publishedSummary(result) + inColumns([HEADER.map(bold), ...rows]) + notes(result)
    })
    .join('')
}

function publishedSummary({ policy, published }: LiveRunSummary): string {
  const types = Object.entries(published.types).map(([type, count]) => `'${type}': ${count}`)
  const cost =
    published.costPerHour === undefined
      ? 'unknown (--space gives the prices)'
      : `$${published.costPerHour}/hr`
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

function figures(name: string, { latencyMs, ...of }: LiveRunFigures): string[] {
  return [
    name,
    formatCount(of.queries),
    formatCount(of.failed),
    formatCount(of.violations),
    sharePercent(of.insideQos),
    formatRate(of.throughput),
    ...[latencyMs.avg, latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs.max].map((ms) => ms.toFixed(1)),
  ]
}

function notes(run: LiveRunSummary): string {
  const { decisionMs, lagMs, lostServers, difference, utilisation, published } = run
  const used = Object.entries(published.types)
    .map(([type, count], t) => (count > 0 ? `${type} ${percent(utilisation[t], 0)}` : ''))
    .filter(Boolean)
  const lines = [
    'the percentages at the top count waiting and service alone, as the published scripts do; the table counts all of the latency',
    `utilisation: ${used.join(', ')}`,
    `decisions: p50 ${formatFigure(1000 * decisionMs.p50)} µs, p99 ${formatFigure(1000 * decisionMs.p99)} µs`,
    `lag of the driver: p50 ${formatFigure(lagMs.p50)} ms, p99 ${formatFigure(lagMs.p99)} ms, max ${formatFigure(lagMs.max)} ms`,
  ]
  if (run.endedEarly) {
    const left = `${formatCount(run.open)} of ${formatCount(run.queries)} queries that had come were not answered yet`
    lines.push(`ENDED EARLY: more queries were late than the percentile allows; ${left}`)
  }
  if (lostServers.length > 0) {
    const back = lostServers.filter(({ backMs }) => backMs !== undefined).length
    const all = difference ? '; the replay has all servers all the time' : ''
    lines.push(
      `LOST SERVERS: losses ${formatCount(lostServers.length)}, taken back ${formatCount(back)}${all}`,
    )
  }
  if (run.fellBehind) lines.push('THE DRIVER FELL BEHIND: its lag spoils the latencies above')
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
