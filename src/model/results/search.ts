import type { Counts } from '../fleet/space.ts'
import type { Progress } from '../progress.ts'
import type { ArrivalProcess } from '../workload/arrivals.ts'
import type { Service } from '../workload/service.ts'
import type { Estimate } from './capacity.ts'
import type { RankingHead } from './ranking.ts'

/** A configuration with its bound, before it is replayed. */
export interface Candidate {
  /** Instances of each type, in the order of `space.types`. */
  readonly counts: Counts
  /** Dollars per hour, to a millionth. */
  readonly costPerHour: number
  /** The fluid bound, queries per second. */
  readonly bound: number
}

/** A configuration that was replayed. */
export interface ReplayedConfiguration extends Candidate {
  /** Where instances are spare: those that were left out of the replays, because their loss leaves the least. */
  readonly lost?: Counts
  /** Where instances are spare: the fluid bound of what is left after that loss, queries per second. */
  readonly boundLeft?: number
}

/** A configuration whose allowable throughput was measured: the estimate over the repetitions, queries per second. */
export interface MeasuredConfiguration extends ReplayedConfiguration, Estimate {
  readonly outcome: 'measured'
  /** The allowable throughput of each repetition. */
  readonly rates: readonly number[]
  /** The share of the fluid bound of what the repetitions draw; 0 where there is none. */
  readonly shareOfBound: number
  /** Whether it may equal the bound: the interval of the share includes 1, and is at most 5% to each side. */
  readonly atBound: boolean
}

/** A configuration that every repetition proved too slow. */
export interface RefutedConfiguration extends ReplayedConfiguration {
  readonly outcome: 'refuted'
  /** Queries per second: the mean of one rate per repetition, none of which the configuration sustained. */
  readonly below: number
}

/** What replays show about a configuration: its allowable throughput, or that it is too slow. */
export type Evaluation = MeasuredConfiguration | RefutedConfiguration

/** A measured configuration beside the first row of the answer. */
export interface ComparedConfiguration extends MeasuredConfiguration {
  /**
   * Whether it may equal the first row: the 95% interval of the difference by repetition contains 0. Always
   * false with a target, where the first row is the cheapest, and for the first row itself.
   */
  readonly tied: boolean
}

/** A row of the answer. */
export interface VerifiedConfiguration extends ComparedConfiguration {
  /** From 1. */
  readonly rank: number
}

/** What the answer rests on. Every feasible configuration is measured, refuted or pruned. */
export interface SearchProof {
  /** Whether no remaining configuration measures better. */
  readonly proven: boolean
  /** Whether a time limit or the caller ended the search before it completed. */
  readonly endedEarly: boolean
  /** By how much the largest remaining bound exceeds the last row, as a share of it: 0 if proven, null without rows. */
  readonly gap: number | null
  /**
   * For large fleets: bounds that differ by less than this share are taken as one, because a replay cannot tell them
   * apart. One configuration of each set of types is a candidate.
   */
  readonly resolution?: number
  /** Candidates that were not replayed because their bounds tie with the highest one; only with `resolution`. */
  readonly ties?: readonly Candidate[]
  /** Configurations whose allowable throughput was measured in full. */
  readonly measured: number
  /** Configurations that one short replay per repetition refuted. */
  readonly refuted: number
  /** Feasible configurations that were not replayed; absent with a target, or where the space is not enumerated. */
  readonly prunedByBound?: number
  /** The largest bound among those, queries per second; null where there are none. */
  readonly nextBound: number | null
  /** Replays of the evaluations, including those of the log. Those of an interrupted evaluation are not counted. */
  readonly replays: number
}

/** The state of a running search. */
export interface SearchProgress extends Progress {
  /** Configurations that were evaluated. How many will be is not known: `total` is 0. */
  readonly done: number
  /** The last of them: no configuration of a lower bound, or with a target of a higher cost, was evaluated yet. */
  readonly last: Candidate
  /** The best so far; with a target, the last one that sustains it. */
  readonly best: MeasuredConfiguration | undefined
}

/**
 * The result of a search that verifies bounds by replay. With a target, the configurations that sustain it are sought,
 * and `withinBudget` and `feasible` are absent. `infeasible` is there if a complete search has no rows.
 */
export interface VerifiedSearch extends Omit<RankingHead, 'bound' | 'proof'> {
  readonly policy: string
  readonly service: Service
  readonly arrivals: ArrivalProcess
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  /** The answer: highest allowable throughput first; with a target, cheapest first. */
  readonly rows: readonly VerifiedConfiguration[]
  /** Everything that was replayed, in that order. */
  readonly evaluations: readonly (ComparedConfiguration | RefutedConfiguration)[]
  readonly proof: SearchProof
  /**
   * Only where the search ended before there was a row: the first configurations by their bounds alone, or with a
   * target the cheapest whose bounds reach it. Nothing is known of what they sustain.
   */
  readonly byBound?: readonly Candidate[]
}
