import type { Batching } from '../batching.ts'
import type { Counts } from '../space.ts'

/** The model of a result, its target, and how its servers batch. */
export interface WorkloadSummary {
  readonly model: string
  readonly qosMs: number
  readonly percentile: number
  /** Absent: an instance serves one query at a time. */
  readonly batching?: Batching | undefined
}

/** The workload and the configuration of a result. */
export interface ConfigurationSummary extends WorkloadSummary {
  readonly types: readonly string[]
  /** Instances of each type. */
  readonly counts: Counts
  /** The slots of an instance of each type, unless all have one. */
  readonly slots?: readonly number[] | undefined
}
