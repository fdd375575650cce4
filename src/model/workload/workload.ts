import { checkDoubles, checkTypeNames, valueText } from '../checks.ts'
import { counted } from '../counted.ts'
import { refuseModel as refuse } from '../errors.ts'
import { firstIndex } from '../first-index.ts'
import { withoutRounding } from '../rounding.ts'
import { type Batching, checkBatching } from './batching.ts'
import { type LatencyTable, largestBin, MEAN_MS, QUANTILE_MS } from './latency-table.ts'

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

/** The model of a result, its target, and how its servers batch. */
export interface WorkloadSummary extends Pick<Workload, 'model' | 'qosMs' | 'percentile' | 'batching'> {}

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
  const { model, latency, mix, qosMs, percentile, batching } = workload ?? {}
  if (!latency?.meanMs || !mix?.probabilities) {
    refuse('workload', 'has no latency table and mix', 'readWorkload reads one, from a file or by its name')
  }
  if (typeof model !== 'string')
    refuse('model', `is ${valueText(model)}`, 'the name of the model is expected')
  checkTable(latency)
  checkMix(mix)
  if (!(Number.isFinite(qosMs) && qosMs > 0)) {
    refuse('qosMs', `is ${valueText(qosMs)}`, 'a number of milliseconds > 0 is expected')
  }
  if (!(typeof percentile === 'number' && percentile >= LEAST_PERCENTILE && percentile <= 100)) {
    refuse('percentile', `is ${valueText(percentile)}`, expectedPercentile(percentile))
  }
  if (batching !== undefined) checkBatching(batching, latency)
}

/** Tables and mixes that passed. Nothing changes one after it is made, and a replay checks its workload each time. */
const checked = new WeakSet<LatencyTable | Mix>()

/** The largest distance between 1 and the sum of the probabilities of a mix. */
export const MIX_TOLERANCE = 1e-9

/**
 * Checks a mix. Every public function that takes one calls this.
 *
 * @throws KairosError BAD_MODEL with the field and the cure
 */
export function checkMix(mix: Mix): void {
  if (checked.has(mix)) return
  const { batchSizes, probabilities } = mix ?? {}
  checkNumbers('mix.batchSizes', batchSizes, (size) => size > 0, 'a number of items > 0')
  checkNumbers('mix.probabilities', probabilities, (share) => share >= 0, 'a probability >= 0')
  checkLength('mix.probabilities', probabilities, batchSizes.length)
  checkIncreasing('mix.batchSizes', batchSizes)
  const sum = probabilities.reduce((total, share) => total + share, 0)
  if (!(Math.abs(sum - 1) <= MIX_TOLERANCE)) {
    refuse('mix', `sums to ${Number(sum.toPrecision(10))}`, 'it must sum to 1: divide each weight by the sum')
  }
  checked.add(mix)
}

/**
 * Checks the parts of a table that bounds and replays read: a kernel would read beyond a short one.
 *
 * @throws KairosError BAD_MODEL with the field and the cure
 */
export function checkTable(latency: LatencyTable): void {
  if (checked.has(latency)) return
  const { types, batchSizes, levels, meanMs, knotsMs, concurrency } = latency ?? {}
  checkTypeNames('latency.types', types)
  checkNumbers('latency.batchSizes', batchSizes, (size) => size > 0, 'a number of items > 0')
  checkDoubles('latency.levels', levels)
  checkNumbers('latency.meanMs', meanMs, MEAN_MS.isValid, MEAN_MS.expected)
  checkNumbers('latency.knotsMs', knotsMs, QUANTILE_MS.isValid, QUANTILE_MS.expected)
  checkIncreasing('latency.batchSizes', batchSizes)
  const [first, last] = [levels[0], levels[levels.length - 1]]
  if (first !== 0 || last !== 1) {
    refuse('latency.levels', `are from ${first} to ${last}`, 'levels from 0 to 1 are expected')
  }
  checkIncreasing('latency.levels', levels)
  const rows = types.length * batchSizes.length
  checkLength('latency.meanMs', meanMs, rows)
  checkLength('latency.knotsMs', knotsMs, rows * levels.length)
  checkQuantiles(latency)
  if (concurrency !== undefined) {
    const isWhole = (count: number) => Number.isInteger(count) && count >= 0
    checkNumbers('latency.concurrency', concurrency, isWhole, 'a whole number of requests >= 0')
    checkLength('latency.concurrency', concurrency, types.length)
  }
  checked.add(latency)
}

/** The share by which a quantile may fall: quantiles that are computed from others have rounding errors. */
const ROUNDED = 1e-9

/** Checks that quantiles do not fall. Means need not agree: a policy may assume other times than a replay draws. */
function checkQuantiles({ levels, knotsMs }: LatencyTable): void {
  const falls = (ms: number, at: number) => at % levels.length > 0 && ms < knotsMs[at - 1] * (1 - ROUNDED)
  const at = knotsMs.findIndex(falls)
  if (at < 0) return
  const problem = `is ${knotsMs[at]}, after ${knotsMs[at - 1]}`
  refuse(`latency.knotsMs[${at}]`, problem, 'quantiles of a row that do not fall are expected')
}

function checkNumbers(
  field: string,
  numbers: Float64Array,
  isValid: (value: number) => boolean,
  expected: string,
): void {
  checkDoubles(field, numbers)
  const wrong = numbers.findIndex((value) => !(isValid(value) && value < Infinity))
  if (wrong >= 0) refuse(`${field}[${wrong}]`, `is ${numbers[wrong]}`, `${expected} is expected`)
}

function checkIncreasing(field: string, numbers: Float64Array): void {
  const at = numbers.findIndex((value, k) => k > 0 && !(value > numbers[k - 1]))
  if (at < 0) return
  const problem = `is ${numbers[at]}, after ${numbers[at - 1]}`
  refuse(`${field}[${at}]`, problem, 'numbers that increase are expected')
}

function checkLength(field: string, numbers: Float64Array, length: number): void {
  if (numbers.length === length) return
  refuse(field, `has ${counted(numbers.length, 'number')}`, `${length} are expected`)
}

/** What a percentile should be. A share such as 0.99 is taken for a slip. */
function expectedPercentile(given: unknown): string {
  const percent = typeof given === 'number' && given < 1 ? 100 * given : 0
  return percent >= LEAST_PERCENTILE
    ? `it is in percent: did you mean ${withoutRounding(percent)}?`
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

/** The position of the first size of a mix that occurs and is larger than all bins of the table; -1 if none is. */
export function indexBeyond(latency: LatencyTable, { batchSizes, probabilities }: Mix): number {
  return batchSizes.findIndex((size, i) => size > largestBin(latency) && probabilities[i] > 0)
}

/**
 * The bin of a batch size: the first that is not smaller.
 *
 * @throws KairosError BAD_MODEL if the size is not above 0, or above the last bin
 */
export function binOf(batchSizes: Float64Array, size: number): number {
  const last = batchSizes.length - 1
  if (!(size > 0 && size <= batchSizes[last])) {
    const cure = `the latency table serves sizes above 0 and up to ${batchSizes[last]}`
    refuse('batch_size', `a batch size of ${size} has no bin`, cure)
  }
  return firstIndex(last, (k) => batchSizes[k] >= size)
}

/** The row of each named type in the latency table. @throws KairosError BAD_MODEL for a type it does not have */
export function tableRows(latency: LatencyTable, names: readonly string[]): number[] {
  if (!Array.isArray(names)) {
    refuse('types', `is ${valueText(names)}`, `a list of ${latency.types.join(', ')} is expected`)
  }
  return names.map((name) => {
    const row = latency.types.indexOf(name)
    if (row >= 0) return row
    const problem = `the latency table has no instance type ${valueText(name)}`
    return refuse('types', problem, `it has ${latency.types.join(', ')}`)
  })
}
