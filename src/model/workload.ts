import { type Batching, checkBatching } from './batching.ts'
import { KairosError } from './errors.ts'
import { firstIndex } from './first-index.ts'
import type { LatencyTable } from './latency-table.ts'
import type { WorkloadSummary } from './results/subject.ts'

/** The probability of each batch size. */
export interface Mix {
  /** K batch sizes, strictly increasing. */
  readonly batchSizes: Float64Array
  /** K probabilities that sum to 1. */
  readonly probabilities: Float64Array
}

/** A model with its service times, its mix of batch sizes, and its latency target. */
export interface Workload {
  /** The name of the model, as results print it. */
  readonly model: string
  readonly latency: LatencyTable
  readonly mix: Mix
  /** The latency target, ms. */
  readonly qosMs: number
  /** The share of queries that must meet the target, in percent: 99 lets one in a hundred miss. */
  readonly percentile: number
  /** Absent: an instance serves one query at a time. */
  readonly batching?: Batching | undefined
}

/** The model, its target and its batching, as results name them. */
export function summaryOf({ model, qosMs, percentile, batching }: Workload): WorkloadSummary {
  return { model, qosMs, percentile, ...(batching && { batching }) }
}

/** The lowest percentile: a target that more than half of the queries may miss makes no sense. */
export const LEAST_PERCENTILE = 50

/**
 * Checks a workload. Every public function that takes one calls this.
 *
 * @throws KairosError BAD_MODEL with the field and the cure
 */
export function checkWorkload(workload: Workload): void {
  const refuse = (field: string, problem: string, cure: string): never => {
    throw new KairosError('BAD_MODEL', problem, { field }, cure)
  }
  const { latency, mix, qosMs, percentile, batching } = workload ?? {}
  if (!latency?.meanMs || !mix?.probabilities) {
    refuse('workload', 'has no latency table and mix', 'readWorkload reads one, from a file or by its name')
  }
  if (!(qosMs > 0 && Number.isFinite(qosMs))) {
    refuse('qosMs', `is ${qosMs}`, 'a number of milliseconds > 0 is expected')
  }
  if (!(percentile >= LEAST_PERCENTILE && percentile <= 100)) {
    refuse('percentile', `is ${percentile}`, expectedPercentile(percentile))
  }
  if (batching !== undefined) checkBatching(batching, latency)
}

/** What a percentile should be. A share such as 0.99 is taken for a slip. */
function expectedPercentile(given: unknown): string {
  const percent = typeof given === 'number' && given > 0 && given < 1 ? 100 * given : 0
  return percent >= LEAST_PERCENTILE
    ? `it is in percent: did you mean ${Number(percent.toPrecision(12))}?`
    : `a percentile from ${LEAST_PERCENTILE} to 100 is expected`
}

/**
 * The probability of every bin of the latency table. A batch size of the mix is rounded up to its bin.
 *
 * @returns K probabilities in the order of `workload.latency.batchSizes`
 * @throws KairosError BAD_MODEL if a batch size is above the largest bin
 */
export function binProbabilities({ latency, mix }: Workload): Float64Array {
  const share = new Float64Array(latency.batchSizes.length)
  for (let i = 0; i < mix.batchSizes.length; i++) {
    if (mix.probabilities[i] === 0) continue
    share[binOf(latency.batchSizes, mix.batchSizes[i])] += mix.probabilities[i]
  }
  return share
}

/**
 * The bin of a batch size: the first that is not smaller.
 *
 * @throws KairosError BAD_MODEL if the size is not above 0, or above the last bin
 */
export function binOf(batchSizes: Float64Array, size: number): number {
  const last = batchSizes.length - 1
  if (!(size > 0 && size <= batchSizes[last])) {
    throw new KairosError(
      'BAD_MODEL',
      `a batch size of ${size} has no bin`,
      { field: 'batch_size' },
      `the latency table serves sizes above 0 and up to ${batchSizes[last]}`,
    )
  }
  return firstIndex(last, (k) => batchSizes[k] >= size)
}

/** The row of each named type in the latency table. @throws KairosError BAD_MODEL for a type it does not have */
export function tableRows(latency: LatencyTable, names: readonly string[]): number[] {
  if (!Array.isArray(names)) {
    const cure = `a list of ${latency.types.join(', ')} is expected`
    throw new KairosError('BAD_MODEL', `is ${names}`, { field: 'types' }, cure)
  }
  return names.map((name) => {
    const row = latency.types.indexOf(name)
    if (row >= 0) return row
    throw new KairosError(
      'BAD_MODEL',
      `the latency table has no instance type "${name}"`,
      { field: 'types' },
      `it has ${latency.types.join(', ')}`,
    )
  })
}
