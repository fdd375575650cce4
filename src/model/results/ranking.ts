import type { BoundName } from '../bounds.ts'
import type { Counts, Space } from '../fleet/space.ts'
import type { WorkloadSummary } from '../workload/workload.ts'
import type { Infeasible } from './infeasible.ts'

/** A configuration with its bound. */
export interface RankedConfiguration {
  /** From 1. */
  readonly rank: number
  /** Instances of each type, in the order of `space.types`. */
  readonly counts: Counts
  /** Dollars per hour, to a millionth. */
  readonly costPerHour: number
  /** Queries per second. */
  readonly bound: number
  /**
   * The closed form for comparison, queries per second; null without an instance of the base type, which it does not
   * rank. This and all fields below: only under the fluid bound.
   */
  readonly closedForm?: number | null
  /**
   * What limits the throughput, the strongest limit first: the types whose time is used up, ordered by their
   * share of the bound, then `percentile` where the allowed share of late queries is used up too.
   */
  readonly limits?: readonly string[]
  /** By type: queries per second gained by one more instance: its bound, solved exactly, less this bound. */
  readonly oneMoreQps?: readonly number[]
  /** By type: the same per dollar an hour that the instance costs. */
  readonly oneMoreQpsPerDollar?: readonly number[]
  /**
   * By type: the dual of the bound, which is the gain per instance for a small share of one. A whole instance may
   * gain much less; it gains more only where the bound is 0.
   */
  readonly marginalQps?: readonly number[]
  /** The dual: the gain per percentage point more of queries that may miss QoS, for a small share of one. */
  readonly marginalQpsPerPoint?: number
  /** Dollars per hour of the budget that are left. */
  readonly budgetSlack?: number
  /** The rank of a row at the same or lower cost with at least this bound; null on the frontier. */
  readonly dominatedBy?: number | null
}

/** What branch and bound did to prove that no better row exists. */
export interface BranchAndBoundProof {
  /** Sets of configurations that were evaluated. */
  readonly visited: number
  /** Those of them that were excluded by their bound. */
  readonly pruned: number
  /**
   * 0 where the first row is proven; otherwise by how much a better row could exceed its bound, or cost less, as a
   * share of it. Infinity where no row was found in time.
   */
  readonly gap: number
  /** Only where the search was ended early: how many of the first rows are proven to be the first ones. */
  readonly provenRows?: number
}

/** What holds for a ranking as a whole. */
export interface RankingHead {
  readonly workload: WorkloadSummary
  readonly space: Space
  readonly bound: BoundName
  /** Only where the rows are the cheapest configurations whose bound reaches a target: queries per second. */
  readonly targetQps?: number
  /** Only with a target: how many instances, whichever they are, may be lost with the target still reached. */
  readonly spare?: number
  /** Configurations of the box, within the budget or not. */
  readonly considered: number
  /** Configurations within the budget that have an instance; absent where the space was not enumerated. */
  readonly withinBudget?: number
  /** Those of them with a bound above 0. */
  readonly feasible?: number
  /** Only where the space was searched by branch and bound. */
  readonly proof?: BranchAndBoundProof
  /** Only where no configuration is feasible. */
  readonly infeasible?: Infeasible
}

/** The best configurations of a space. */
export interface Ranking extends RankingHead {
  /** Best first. */
  readonly rows: readonly RankedConfiguration[]
}

/** Rows in batches of some thousand, produced on demand. */
export type RankedBatches = AsyncIterable<readonly RankedConfiguration[]>

/** Rows that are in memory already; no batch where there are none. */
export async function* inOneBatch(
  rows: readonly RankedConfiguration[],
): AsyncGenerator<readonly RankedConfiguration[]> {
  if (rows.length > 0) yield rows
}

/** The rows of batches, all in memory. */
export async function allRows(batches: RankedBatches): Promise<RankedConfiguration[]> {
  const all: RankedConfiguration[] = []
  for await (const batch of batches) all.push(...batch)
  return all
}

/** A ranking whose rows are produced on demand. */
export interface RankingStream {
  readonly head: RankingHead
  readonly rows: RankedBatches
  /** Whether the rows ended early, at a time limit or a stop: those that were produced are the first ones. */
  readonly endedEarly: () => boolean
}

/** The cheapest configurations whose fluid bound reaches a target. */
export interface Cheapest extends RankingHead {
  readonly bound: 'fluid'
  readonly targetQps: number
  readonly spare: number
  /** Cheapest first; equal costs are ordered by bound, descending, then by counts. */
  readonly rows: readonly RankedConfiguration[]
}
