import { checkGiven, type OptionNames, valueText } from '../checks.ts'
import { refuseModel as refuse } from '../errors.ts'
import type { Batching } from './batching.ts'
import { levelsWithEnds, meanProblem, withEnds } from './derived-quantiles.ts'
import type { LatencyTable } from './latency-table.ts'
import { binProbabilities, checkWorkload, MIX_TOLERANCE, type Mix, type Workload } from './workload.ts'

/** A workload as it is written by hand. */
export interface WorkloadRecipe {
  /** The name of the model, as results print it; `model` unless given. */
  readonly model?: string | undefined
  /**
   * By instance type: a row of numbers for each batch size. A row is the batch size, the mean service time and the
   * quantiles, ms: `[8, 12.1, 19.0]`. All types have the same batch sizes.
   */
  readonly latency: Readonly<Record<string, readonly (readonly number[])[]>>
  /** The quantiles after the mean in each row, in percent, increasing; `[99]` unless given. */
  readonly quantiles?: readonly number[] | undefined
  /** How often each batch size occurs: probabilities, counts or any weights by batch size; or a mix. */
  readonly mix: Readonly<Record<number, number>> | Mix
  /** The latency target, ms. */
  readonly qosMs: number
  /** The share of queries that must meet the target, in percent; 99 unless given. */
  readonly percentile?: number | undefined
  /** How large the batches may be that instances serve; one query at a time unless given. */
  readonly batching?: Batching | undefined
}

const OPTIONS: OptionNames<WorkloadRecipe> = {
  model: true,
  latency: true,
  quantiles: true,
  mix: true,
  qosMs: true,
  percentile: true,
  batching: true,
}

/**
 * Builds a workload in memory. The fastest and the slowest service time are derived where `quantiles` has neither 0
 * nor 100, as for a latency table in a file.
 *
 * @throws KairosError BAD_USAGE for a key that is not known; BAD_MODEL with the field and the cure
 */
export function workload(recipe: WorkloadRecipe): Workload {
  checkGiven(recipe, OPTIONS)
  const { model = 'model', latency, quantiles = [99], mix, qosMs, percentile = 99, batching } = recipe
  if (typeof model !== 'string' || model === '')
    refuse('model', `is ${valueText(model)}`, 'the name of the model is expected')
  const table = tableOf(latency, quantiles)
  const built = {
    model,
    latency: table,
    mix: mixOf(mix),
    qosMs,
    percentile,
    ...(batching !== undefined && { batching }),
  }
  checkWorkload(built)
  // throws where a size of the mix has no bin
  binProbabilities(built)
  return built
}

function tableOf(rows: WorkloadRecipe['latency'], quantiles: readonly number[]): LatencyTable {
  const types = Object.keys(rows ?? {})
  if (types.length === 0)
    refuse('latency', 'has no instance type', "{ 'gpu.large': [[8, 12.1, 19.0]] } is expected")
  const areIncreasing =
    Array.isArray(quantiles) &&
    quantiles.every(
      (q, i) => typeof q === 'number' && q >= 0 && q <= 100 && (i === 0 || q > quantiles[i - 1]),
    )
  if (!areIncreasing || !((quantiles.at(-1) ?? 0) > 50)) {
    const given = Array.isArray(quantiles) ? quantiles.map(valueText) : valueText(quantiles)
    refuse('quantiles', `is ${given}`, 'increasing percentages are expected, the last above 50')
  }
  for (const type of types) {
    const own: unknown = rows[type]
    if (!Array.isArray(own) || !own.every(Array.isArray)) {
      refuse(`latency["${type}"]`, 'is no list of rows', '[[8, 12.1, 19.0]] is expected')
    }
  }
  const sizes = rows[types[0]].map(([size]) => size)
  if (sizes.length === 0) refuse(`latency["${types[0]}"]`, 'has no row', '[[8, 12.1, 19.0]] is expected')
  const given = quantiles.map(levelOf)
  const levels = levelsWithEnds(given)
  const cells = types.flatMap((type) => {
    const own = rows[type].map((row, k) => cellOf(row, `latency["${type}"][${k}]`, quantiles))
    if (rows[type].map(([size]) => size).join() !== sizes.join()) {
      const cure = `${sizes.join(', ')} are expected`
      refuse(`latency["${type}"]`, 'has other batch sizes than the first type', cure)
    }
    return own
  })
  if (!sizes.every((size, k) => size > (k === 0 ? 0 : sizes[k - 1]))) {
    refuse('latency', `has the batch sizes ${sizes.join(', ')}`, 'increasing numbers above 0 are expected')
  }
  return {
    types,
    batchSizes: Float64Array.from(sizes),
    levels: Float64Array.from(levels),
    samples: new Float64Array(cells.length),
    meanMs: Float64Array.from(cells, ({ meanMs }) => meanMs),
    knotsMs: Float64Array.from(
      cells.flatMap(({ meanMs, values }) => withEnds({ levels: given, values, meanMs })),
    ),
  }
}

/** From the digits, so that 99.9 is the double nearest to 0.999. */
function levelOf(percent: number): number {
  return Number(`${percent}e-2`)
}

function cellOf(row: readonly number[], field: string, quantiles: readonly number[]) {
  const [, meanMs, ...values] = row
  const isRow =
    row.length === 2 + quantiles.length &&
    row.every(Number.isFinite) &&
    meanMs > 0 &&
    values.every((ms, i) => ms >= (i === 0 ? 0 : values[i - 1]))
  if (!isRow) {
    const columns = ['batch size', 'mean', ...quantiles.map((q) => `p${q}`)].join(', ')
    const cure = `${columns} are expected, with times in ms that never decrease`
    refuse(field, `is ${row.map(valueText).join(', ')}`, cure)
  }
  const problem = meanProblem({ levels: quantiles.map(levelOf), values, meanMs })
  if (problem !== undefined)
    refuse(field, `its mean ${problem}`, 'a mean that fits its quantiles is expected')
  return { meanMs, values }
}

function mixOf(mix: WorkloadRecipe['mix']): Mix {
  const weights = weightsOf(mix)
  const isWeight = (value: unknown) => typeof value === 'number' && value >= 0 && value < Infinity
  const areWeights = weights.every(([size, weight]) => isWeight(size) && size > 0 && isWeight(weight))
  // other values, such as a BigInt, have no sum
  const sum = areWeights ? weights.reduce((total, [, weight]) => total + weight, 0) : 0
  if (!(sum > 0 && sum < Infinity)) {
    refuse('mix', 'is no mix', 'weights >= 0 by batch size are expected, such as { 8: 0.7, 32: 0.3 }')
  }
  weights.sort(([a], [b]) => a - b)
  // probabilities keep their last bit
  const total = Math.abs(sum - 1) <= MIX_TOLERANCE ? 1 : sum
  return {
    batchSizes: Float64Array.from(weights, ([size]) => size),
    probabilities: Float64Array.from(weights, ([, weight]) => weight / total),
  }
}

/** Batch sizes and their weights, not checked. */
function weightsOf(mix: WorkloadRecipe['mix']): [number, number][] {
  if (typeof mix !== 'object' || mix === null) return []
  return 'batchSizes' in mix
    ? pairsOf(mix as Mix)
    : Object.entries(mix).map(([size, weight]): [number, number] => [Number(size), weight])
}

function pairsOf({ batchSizes, probabilities }: Mix): [number, number][] {
  if (batchSizes?.length === probabilities?.length) {
    return Array.from(batchSizes ?? [], (size, k) => [size, probabilities[k]])
  }
  const problem = `has ${batchSizes?.length ?? 0} batch sizes and ${probabilities?.length ?? 0} probabilities`
  return refuse('mix', problem, 'give one of each')
}
