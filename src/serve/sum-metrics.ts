/** A metric: its lines of help and type, and its series with their values. */
interface Family {
  readonly comments: Set<string>
  readonly series: Map<string, number>
}

/** Metrics of which the largest value counts, because a sum means nothing. */
const LARGEST =
  /^(process_start_time_seconds|nodejs_version_info|nodejs_eventloop_lag\w*|kairos_slowdown|kairos_refusing|kairos_server_up)\b/

/** Metrics of which the smallest value counts. */
const SMALLEST = /^kairos_certificate_expiry_timestamp_seconds\b/

/**
 * Sums metrics of several processes in the text format of Prometheus. Equal names with equal labels are one series; of
 * some the largest or the smallest counts.
 */
export function sumMetrics(texts: readonly string[]): string {
  return joined(texts, (name, before, value) => {
    if (LARGEST.test(name)) return Math.max(before, value)
    return SMALLEST.test(name) ? Math.min(before, value) : before + value
  })
}

/** @param join the value of a series that is in several texts */
function joined(
  texts: readonly string[],
  join: (name: string, before: number, value: number) => number,
): string {
  const families = new Map<string, Family>()
  for (const text of texts) {
    let family: Family | undefined
    for (const line of text.split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1]
      if (name !== undefined) {
        family = families.get(name) ?? { comments: new Set(), series: new Map() }
        families.set(name, family)
        family.comments.add(line)
      } else if (line !== '' && family !== undefined) addTo(family.series, line, join)
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

export type MetricsSum = ReturnType<typeof createMetricsSum>

/**
 * The sum over processes that may be silent or end, and start again. Its counters do not decrease then: Prometheus
 * would take that for a reset, and count all of them as new.
 */
export function createMetricsSum() {
  /** By process: the last counters of the one that runs, and the sum of those before it. */
  const last: string[] = []
  const ended: string[] = []
  return {
    /** @param texts by the number of the process; undefined if it does not answer: its last counters are in the sum */
    of(texts: readonly (string | undefined)[]): string {
      // each process with those before it: in another order, rounding might lower the sum
      const sums = texts.map((text, i) => {
        // of two scrapes at a time the older may end later, with smaller counters
        const newest = joined([text ?? '', last[i] ?? ''], (_, one, other) => Math.max(one, other))
        last[i] = countersIn(newest)
        return sumMetrics([ended[i] ?? '', newest])
      })
      return sumMetrics(sums)
    },
    /** A process has ended: its last counters stay in the sum. */
    end(process: number): void {
      ended[process] = sumMetrics([ended[process] ?? '', last[process] ?? ''])
      last[process] = ''
    },
  }
}

/** The counters and histograms of a text, without its gauges. */
function countersIn(text: string): string {
  const metrics = text.split(/^(?=# HELP )/m)
  return metrics.filter((metric) => /^# TYPE \S+ (?:counter|histogram)$/m.test(metric)).join('')
}

function addTo(series: Map<string, number>, line: string, join: Parameters<typeof joined>[1]): void {
  const end = line.lastIndexOf(' ')
  const name = line.slice(0, end)
  const value = Number(line.slice(end + 1).replace('Inf', 'Infinity'))
  const before = series.get(name)
  series.set(name, before === undefined ? value : join(name, before, value))
}

function textOf(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}
