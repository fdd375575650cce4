/** Metrics that every request changes: a few additions to numbers, which prom-client gets when metrics are read. */
import { Counter, type Metric, type Registry } from 'prom-client'

/** A series of a counter. */
export interface Tally {
  /** What it has counted since metrics were read. */
  count: number
}

type Labels = Readonly<Record<string, string>>

/** A counter; the function that is returned adds a series, which starts at 0. */
export function tallyCounter(registry: Registry, name: string, help: string, labelNames: string[]) {
  const all: { readonly labels: Labels; readonly tally: Tally }[] = []
  new Counter({
    ...{ name, help, labelNames, registers: [registry] },
    collect() {
      for (const { labels, tally } of all) {
        this.inc(labels, tally.count)
        tally.count = 0
      }
    },
  })
  return (labels: Labels): Tally => {
    const tally = { count: 0 }
    all.push({ labels, tally })
    return tally
  }
}

/** A series of a histogram. A class, because its values are added with every request. */
export class Distribution {
  readonly labels: Labels
  readonly bounds: readonly number[]
  /** Values by bucket, those above the last bound at the end. */
  readonly counts: Float64Array
  sum = 0

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    const { bounds } = this
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]) bucket++
    this.counts[bucket]++
    this.sum += value
  }
}

/**
 * A histogram; the function that is returned adds a series.
 *
 * @param bounds of its buckets, increasing
 */
export function tallyHistogram(registry: Registry, name: string, help: string, bounds: readonly number[]) {
  const all: Distribution[] = []
  // a histogram of prom-client takes single values only, each by way of the text of its labels
  const metric = {
    name,
    help,
    type: 'histogram',
    get: async () => ({ name, help, type: 'histogram', values: all.flatMap((one) => valuesOf(name, one)) }),
  }
  registry.registerMetric(metric as unknown as Metric)
  return (labels: Labels): Distribution => {
    const one = new Distribution(labels, bounds)
    all.push(one)
    return one
  }
}

/** The values of a series as Prometheus has them: buckets contain the ones below, then sum and count. */
function valuesOf(name: string, { labels, bounds, counts, sum }: Distribution) {
  let count = 0
  const buckets = Array.from(counts, (own, i) => {
    count += own
    return { metricName: `${name}_bucket`, labels: { le: bounds[i] ?? '+Inf', ...labels }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
