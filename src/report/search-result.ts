/** What a verified search looks like to those who print it. */
export interface SearchResult {
  readonly workload: { readonly model: string; readonly qosMs: number; readonly percentile: number }
  readonly space: { readonly types: readonly { readonly name: string }[]; readonly budgetPerHour: number }
  readonly policy: string
  readonly service: string
  readonly arrivals: string
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  readonly targetQps?: number
  readonly considered: number
  readonly withinBudget?: number
  readonly feasible?: number
  readonly rows: readonly SearchRow[]
  readonly evaluations: readonly EvaluationResult[]
  readonly proof: {
    readonly proven: boolean
    readonly measured: number
    readonly refuted: number
    readonly prunedBySubConfiguration: number
    readonly prunedByBound?: number
    readonly nextBound: number | null
    readonly replays: number
  }
  readonly infeasible?: { readonly message: string }
}

/** A configuration that was replayed: what it allows, or what it stays below, queries a second. */
export type EvaluationResult = {
  readonly counts: readonly number[]
  readonly costPerHour: number
  readonly bound: number
} & (
  | { readonly outcome: 'measured'; readonly mean: number; readonly halfWidth: number }
  | { readonly outcome: 'refuted'; readonly below: number }
)

type SearchRow = Extract<EvaluationResult, { outcome: 'measured' }> & {
  readonly rank: number
  readonly shareOfBound: number
  readonly tied: boolean
}
