/** What replays of one trace and one configuration look like to those who print them. */
export interface ReplayResults {
  readonly model: string
  readonly qosMs: number
  readonly percentile: number
  readonly types: readonly string[]
  /** T counts. */
  readonly counts: readonly number[]
  readonly service: string
  readonly seed: number
  /** Queries a second that arrive; null where no two arrivals differ. */
  readonly rate: number | null
  /** A row a policy. */
  readonly rows: readonly ReplayRow[]
}

export interface ReplayRow {
  readonly policy: string
  readonly queries: number
  readonly violations: number
  readonly withinQos: boolean
  /** Queries a second that are served. */
  readonly throughput: number
  readonly latencyMs: Readonly<Record<'avg' | 'min' | 'max' | 'p99' | 'p90' | 'p50' | 'std', number>>
  readonly decisions: number
  /** How long the replay took, where that is asked for. */
  readonly elapsedMs?: number
  /** T shares of their time that the instances of a type served. */
  readonly utilisation: readonly number[]
  readonly byBatchSize: readonly {
    readonly above: number
    readonly upTo: number
    readonly queries: number
    /** T shares. */
    readonly share: readonly number[]
  }[]
  /** Queries that wait: averages and maxima of the intervals between the edges. */
  readonly queue: {
    readonly edgesMs: ArrayLike<number>
    readonly mean: ArrayLike<number>
    readonly most: ArrayLike<number>
  }
  readonly verdict: string
  readonly tooFewQueries: boolean
}

/** The share of the queries that are served inside QoS. */
export function insideQos({ queries, violations }: ReplayRow): number {
  return (queries - violations) / queries
}
