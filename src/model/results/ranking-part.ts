import type { BoundName } from '../bounds.ts'
import { checkColumns, checkWhole } from '../checks.ts'
import { refuseModel } from '../errors.ts'
import type { Space } from '../fleet/space.ts'
import type { Workload } from '../workload/workload.ts'

/** The most parts: what a job of Kubernetes may have. */
export const MOST_PARTS = 100_000

/** One of several parts of a lattice: contiguous ranges of nearly equal length. */
export interface RankingShard {
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** What the parts of a ranking have in common: everything that decides its rows. */
export interface RankingQuestion {
  /** A digest of the kernels: parts of different versions are not mixed. */
  readonly engine: string
  readonly workload: Workload
  readonly space: Space
  readonly bound: BoundName
  /** The number of rows that are wanted. */
  readonly topN: number
  readonly ties: 'cost' | 'counts'
}

/** The best rows of a part of a lattice: as many as the whole ranking has, or fewer where there are not so many. */
export interface RankingPart {
  /** The digest of the question. */
  readonly question: string
  readonly shard: RankingShard
  /** Configurations of the part within the budget, and those of them with a bound above 0. */
  readonly withinBudget: number
  readonly feasible: number
  /** Best first: the bound, dollars per hour, and the number of the configuration in the lattice. */
  readonly bound: Float64Array
  readonly cost: Float64Array
  readonly number: Float64Array
}

/** @throws KairosError BAD_USAGE for a number that is not whole, else BAD_MODEL, unless `part` comes from rankShard */
export function checkRankingPart(part: RankingPart): void {
  const cure = 'what rankShard returns is expected'
  const { question, shard, withinBudget, feasible } = part ?? {}
  if (typeof question !== 'string' || typeof shard !== 'object' || shard === null)
    refuseModel('part', 'is no part of a ranking', cure)
  checkWhole('part.shard.count', shard.count, 1, MOST_PARTS)
  checkWhole('part.shard.index', shard.index, 0, shard.count - 1)
  checkWhole('part.withinBudget', withinBudget, 0)
  checkWhole('part.feasible', feasible, 0)
  const columns = { bound: 'Float64Array', cost: 'Float64Array', number: 'Float64Array' } as const
  checkColumns('part', part, columns, cure)
}
