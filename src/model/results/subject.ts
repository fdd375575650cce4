import type { Counts } from '../fleet/space.ts'
import type { WorkloadSummary } from '../workload/workload.ts'

/** The workload and the configuration of a result. */
export interface ConfigurationSummary extends WorkloadSummary {
  readonly types: readonly string[]
  /** Instances of each type. */
  readonly counts: Counts
  /** The slots of an instance of each type, unless all have one. */
  readonly slots?: readonly number[] | undefined
}
