/** The question of a report, from which the page computes again: plain data that JSON holds exactly. */

import type { Counts, Space } from '../../model/fleet/space.ts'
import type { Batching } from '../../model/workload/batching.ts'
import type { Service } from '../../model/workload/service.ts'
import type { Workload } from '../../model/workload/workload.ts'

/** Columns of numbers as JSON has them: a double is restored from its shortest digits. */
interface PlainWorkload {
  readonly model: string
  readonly qosMs: number
  readonly percentile: number
  readonly latency: {
    readonly types: readonly string[]
    readonly batchSizes: readonly number[]
    readonly levels: readonly number[]
    readonly samples: readonly number[]
    readonly concurrency?: readonly number[]
    readonly meanMs: readonly number[]
    readonly knotsMs: readonly number[]
  }
  readonly mix: { readonly batchSizes: readonly number[]; readonly probabilities: readonly number[] }
  readonly batching?: Batching
}

/** What a report page carries beside its HTML. */
export interface PageInput {
  readonly workload: PlainWorkload
  readonly space: Space
  /** Whether new results take the place of the report: it is a ranking too. */
  readonly live: boolean
  /** How many rows; by default all where `pareto` or `all` is set, else 20. */
  readonly topN?: number | undefined
  readonly targetQps?: number | undefined
  /** With a target: how many instances, whichever they are, may be lost. */
  readonly spare?: number | undefined
  /** Without a target: only the frontier of cost and bound. */
  readonly pareto?: boolean | undefined
  /** Without a target: also the infeasible rows, as `--all` lists them. */
  readonly all?: boolean | undefined
  readonly service?: Service | undefined
  /** The configuration that is explained and measured; the best one by default. */
  readonly counts?: Counts | undefined
}

export function plainWorkload({ model, qosMs, percentile, latency, mix, batching }: Workload): PlainWorkload {
  const { types, batchSizes, levels, samples, concurrency, meanMs, knotsMs } = latency
  return {
    ...{ model, qosMs, percentile },
    latency: {
      types,
      batchSizes: Array.from(batchSizes),
      levels: Array.from(levels),
      samples: Array.from(samples),
      ...(concurrency && { concurrency: Array.from(concurrency) }),
      meanMs: Array.from(meanMs),
      knotsMs: Array.from(knotsMs),
    },
    mix: { batchSizes: Array.from(mix.batchSizes), probabilities: Array.from(mix.probabilities) },
    ...(batching && { batching }),
  }
}

export function workloadOf({ model, qosMs, percentile, latency, mix, batching }: PlainWorkload): Workload {
  return {
    ...{ model, qosMs, percentile },
    latency: {
      types: latency.types,
      batchSizes: Float64Array.from(latency.batchSizes),
      levels: Float64Array.from(latency.levels),
      samples: Float64Array.from(latency.samples),
      ...(latency.concurrency && { concurrency: Float64Array.from(latency.concurrency) }),
      meanMs: Float64Array.from(latency.meanMs),
      knotsMs: Float64Array.from(latency.knotsMs),
    },
    mix: {
      batchSizes: Float64Array.from(mix.batchSizes),
      probabilities: Float64Array.from(mix.probabilities),
    },
    ...(batching && { batching }),
  }
}
