/** What a ranking looks like to those who print it. */
export interface RankingHeadResult {
  readonly workload: { readonly model: string; readonly qosMs: number; readonly percentile: number }
  readonly space: {
    readonly types: readonly { readonly name: string; readonly max: number }[]
    readonly budgetPerHour: number
  }
  readonly bound: string
  readonly considered: number
  readonly withinBudget: number
  readonly feasible: number
  readonly infeasible?: { readonly message: string }
}

export interface RankedRow {
  readonly rank: number
  readonly counts: readonly number[]
  readonly costPerHour: number
  readonly bound: number
}

export type RankedRows = AsyncIterable<readonly RankedRow[]>
