/** What a ranking looks like to those who print it. */
export interface RankingHeadResult {
  readonly workload: { readonly model: string; readonly qosMs: number; readonly percentile: number }
  readonly space: {
    readonly types: readonly { readonly name: string; readonly max: number; readonly pricePerHour: number }[]
    readonly budgetPerHour: number
  }
  readonly bound: string
  readonly considered: number
  readonly withinBudget?: number
  readonly feasible?: number
  /** What the rows had to reach, where they are the cheapest and not the best. */
  readonly targetQps?: number
  readonly spare?: number
  readonly proof?: { readonly visited: number; readonly pruned: number; readonly gap: number }
  readonly infeasible?: { readonly message: string }
}

export interface RankedRow {
  readonly rank: number
  readonly counts: readonly number[]
  readonly costPerHour: number
  readonly bound: number
  readonly closedForm?: number
  readonly prices?: readonly number[]
  readonly violationPrice?: number
  readonly limits?: readonly string[]
  readonly gainPerDollar?: readonly number[]
  readonly budgetSlack?: number
  readonly dominatedBy?: number | null
}

export type RankedRows = AsyncIterable<readonly RankedRow[]>
