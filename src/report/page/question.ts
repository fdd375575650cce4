/** The question of a report, from which the page computes again: plain data that JSON holds exactly. */

import type { Counts, Space } from '../../model/fleet/space.ts'
import type { Workload } from '../../model/workload/workload.ts'

/** Columns of numbers as JSON has them: a double is restored from its shortest digits. */
type Plain<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Float64Array | undefined
    ? readonly number[]
    : Table[Name]
}

interface PlainWorkload extends Omit<Workload, 'latency' | 'mix'> {
  readonly latency: Plain<Workload['latency']>
  readonly mix: Plain<Workload['mix']>
}

/** The rows of a ranking where the question says nothing else. */
export const DEFAULT_ROWS = 20

/** What is asked: everything that decides a ranking. */
export interface Question {
  readonly workload: Workload
  readonly space: Space
  /** How many rows; by default all where `pareto` or `all` is set, else `DEFAULT_ROWS`. */
  readonly topN?: number | undefined
  readonly targetQps?: number | undefined
  /** With a target: how many instances, whichever they are, may be lost. */
  readonly spare?: number | undefined
  /** Without a target: only the frontier of cost and bound. */
  readonly pareto?: boolean | undefined
  /** Without a target: also the infeasible rows, as `--all` lists them. */
  readonly all?: boolean | undefined
  /** The configuration that is explained and measured; the best one by default. */
  readonly counts?: Counts | undefined
}

/** What a report page carries beside its HTML. */
export interface PageInput extends Omit<Question, 'workload'> {
  readonly workload: PlainWorkload
  /** Whether new results take the place of the report: it is a ranking too. */
  readonly live: boolean
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
