/** The question of a report, from which the page computes again: plain data that JSON holds exactly. */

import type { Counts, Space } from '../../model/fleet/space.ts'
import type { Workload } from '../../model/workload/workload.ts'

/** A table whose columns of numbers are of another kind. */
type WithColumns<Table, Column> = {
  readonly [Name in keyof Table]: Table[Name] extends Float64Array | undefined
    ? Column | Extract<Table[Name], undefined>
    : Table[Name]
}

interface WorkloadWith<Column> extends Omit<Workload, 'latency' | 'mix'> {
  readonly latency: WithColumns<Workload['latency'], Column>
  readonly mix: WithColumns<Workload['mix'], Column>
}

/** A workload as JSON has it: a double is restored from its shortest digits. */
type PlainWorkload = WorkloadWith<readonly number[]>

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

export function plainWorkload(workload: Workload): PlainWorkload {
  return converted(workload, (column: Float64Array) => Array.from(column))
}

export function workloadOf(workload: PlainWorkload): Workload {
  return converted(workload, (column: readonly number[]) => Float64Array.from(column))
}

function converted<From, To>(
  { model, qosMs, percentile, latency, mix, batching }: WorkloadWith<From>,
  columnOf: (column: From) => To,
): WorkloadWith<To> {
  const { types, batchSizes, levels, samples, concurrency, meanMs, knotsMs } = latency
  return {
    ...{ model, qosMs, percentile },
    latency: {
      types,
      batchSizes: columnOf(batchSizes),
      levels: columnOf(levels),
      samples: columnOf(samples),
      ...(concurrency && { concurrency: columnOf(concurrency) }),
      meanMs: columnOf(meanMs),
      knotsMs: columnOf(knotsMs),
    },
    mix: { batchSizes: columnOf(mix.batchSizes), probabilities: columnOf(mix.probabilities) },
    ...(batching && { batching }),
  }
}
