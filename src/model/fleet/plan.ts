import type { Counts } from './space.ts'

/** An instance type in a plan over time. */
export interface PlannedType {
  readonly name: string
  /** Smallest and largest count that may run. */
  readonly min: number
  readonly max: number
  readonly pricePerHour: number
  /** From the start of an instance until it serves, seconds; it is paid for. */
  readonly startDelayS: number
  /** Dollars per start, besides the delay. */
  readonly startFee: number
}

/** Everything that decides an optimal plan. */
export interface PlanInput {
  /** T types. */
  readonly types: readonly PlannedType[]
  /** Dollars per hour that a configuration may cost. */
  readonly budgetPerHour: number
  /** Queries per second of each configuration of the counts 0..max, row-major, the last type fastest. */
  readonly capacityQps: Float64Array
  /** The length of a window, seconds. */
  readonly windowS: number
  /** W rates that the windows ask for, queries per second. */
  readonly rateQps: Float64Array
  /** The counts that run before the first window, which are not billed; absent: none. Not with `cyclic`. */
  readonly initial?: Counts | undefined
  /** Whether the last window is followed by the first. */
  readonly cyclic?: boolean | undefined
}

/** One window of a plan. */
export interface PlanWindow {
  readonly startS: number
  readonly rateQps: number
  readonly counts: Counts
  readonly capacityQps: number
  readonly costPerHour: number
  /** By type: instances that serve from this window on. Each was started its delay before. */
  readonly started: Counts
}

/** The plan of least cost, window by window. */
export interface OptimalPlan {
  readonly status: 'optimal'
  /** Dollars for running and starting, over all windows. */
  readonly cost: number
  /** Instances started. */
  readonly starts: number
  readonly windows: readonly PlanWindow[]
}

/** No configuration within the budget and the counts serves the rate of a window. */
export interface InfeasiblePlan {
  readonly status: 'infeasible'
  /** The first such window, from 0, its rate, and the largest rate of all windows. */
  readonly window: number
  readonly rateQps: number
  readonly peakQps: number
  /** The largest capacity within the budget with the counts that have it, and of all counts. */
  readonly largestWithinBudgetQps: number
  readonly largestWithinBudget: Counts
  readonly largestQps: number
  /**
   * The smallest budget that serves every rate with these counts; undefined where none does. Counts that the budget
   * rules out are left out of spaces of more than 10^6 configurations: a smaller budget may do there.
   */
  readonly budgetPerHour: number | undefined
}

/** The throughput that replays allowed a configuration: counts in the order of the types of the space. */
export interface MeasuredThroughput {
  readonly counts: Counts
  readonly allowableQps: number
}

/** A plan as a replay needs it. */
export interface FleetSchedule {
  readonly types: readonly string[]
  readonly windowS: number
  /** Counts by window, in the order of `types`. */
  readonly counts: readonly Counts[]
  /** By type: dollars per hour, seconds until an instance serves, dollars per start. */
  readonly pricePerHour: readonly number[]
  readonly startDelayS: readonly number[]
  readonly startFee: readonly number[]
  /** By type: the requests that an instance serves at the same time; 1 unless given. */
  readonly slots?: readonly number[] | undefined
  /** Whether the plan begins again after its last window; else its last counts stay. */
  readonly cyclic: boolean
  /** When the first window begins, such as 2026-11-18T09:30:00Z, where that is known. */
  readonly begin?: string | undefined
  /** The counts that run before the first window, whose start is not billed; none unless given. Not in a cycle. */
  readonly initial?: Counts | undefined
}
