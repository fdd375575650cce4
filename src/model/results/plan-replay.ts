import type { Counts } from '../fleet/space.ts'

/** One window of a replayed plan. */
export interface ReplayedWindow {
  readonly startS: number
  readonly counts: Counts
  /** Queries that arrived in the window, and those of them whose latency was above QoS. */
  readonly queries: number
  readonly violations: number
}

/** A trace that ran while the instances of a plan started and stopped. */
export interface PlanReplay {
  readonly model: string
  readonly policy: string
  readonly qosMs: number
  readonly percentile: number
  readonly types: readonly string[]
  readonly queries: number
  readonly served: number
  readonly violations: number
  /** The share of queries within QoS, 0 to 1. */
  readonly shareInTime: number
  /** Dollars from the start of each instance until it stopped, with fees. */
  readonly cost: number
  readonly starts: number
  readonly windows: readonly ReplayedWindow[]
}
