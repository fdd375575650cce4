/** A metric: its lines of help and type, and its series with their values. */
interface Family {
  readonly comments: Set<string>
  readonly series: Map<string, number>
}

/** Of these the largest counts: a sum means nothing. */
const LARGEST =
  /^(process_start_time_seconds|nodejs_version_info|nodejs_eventloop_lag\w*|kairos_slowdown|kairos_refusing|kairos_server_up)\b/

/**
 * Sums metrics of several processes in the text format of Prometheus. Equal names with equal labels are one series; of some the
 * largest counts.
 */
export function sumMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>()
  for (const text of texts) {
    let family: Family | undefined
    for (const line of text.split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1]
      if (name !== undefined) {
        family = families.get(name) ?? { comments: new Set(), series: new Map() }
        families.set(name, family)
        family.comments.add(line)
      } else if (line !== '' && family !== undefined) addTo(family.series, line)
    }
  }
  const lines = Array.from(families.values(), ({ comments, series }) => [
    ...comments,
    ...Array.from(series, ([name, value]) => `${name} ${textOf(value)}`),
  ])
  return lines
    .flat()
    .map((line) => `${line}\n`)
    .join('')
}

function addTo(series: Map<string, number>, line: string): void {
  const end = line.lastIndexOf(' ')
  const name = line.slice(0, end)
  const value = Number(line.slice(end + 1).replace('Inf', 'Infinity'))
  const before = series.get(name)
  if (before === undefined) series.set(name, value)
  else series.set(name, LARGEST.test(name) ? Math.max(before, value) : before + value)
}

function textOf(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}
