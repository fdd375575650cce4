import type { Capacity } from './capacity.ts'
import type { RateSweep, RunOverTime } from './over-time.ts'
import type { Replay, ReplayComparison } from './replay.ts'

/** One configuration under several policies: how much each allows, and how each serves the same queries. */
export interface PolicyComparison {
  readonly capacity: Capacity
  /** The tail of latency at rising rates, by policy. */
  readonly sweeps: readonly RateSweep[]
  /** The replays of one trace: their figures, their course over time, and the replays themselves, by policy. */
  readonly results: ReplayComparison
  readonly overTime: readonly RunOverTime[]
  readonly replays: readonly Replay[]
}
