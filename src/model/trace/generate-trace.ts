import ln from '@stdlib/math-base-special-ln'
import { randomGamma, randomPoisson } from 'd3-random'
import { checkChoice, checkGiven, type OptionNames, valueText } from '../checks.ts'
import { refuseUsage } from '../errors.ts'
import { firstIndex } from '../first-index.ts'
import { GAPS_STREAM, randomStream, SIZES_STREAM } from '../random.ts'
import { ARRIVAL_PROCESSES, type ArrivalProcess } from '../workload/arrivals.ts'
import { checkMix, type Mix } from '../workload/workload.ts'
import { checkQueries, type Trace } from './trace.ts'

/** What `generateTrace` draws a trace from. */
export interface TraceRecipe {
  readonly arrivals: ArrivalProcess
  /** Coefficient of variation of the gaps, 0.01 to 100; only with `gamma`. */
  readonly cv?: number | undefined
  /** Queries per second. */
  readonly rate: number
  readonly queries: number
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number
  /** The mix from which batch sizes are drawn. */
  readonly mix: Mix
}

const OPTIONS: OptionNames<TraceRecipe> = {
  arrivals: true,
  cv: true,
  rate: true,
  queries: true,
  seed: true,
  mix: true,
}

/**
 * Draws a trace. The first query arrives after the first gap.
 *
 * Gaps and sizes come from two streams of the seed, so the sizes of all queries are the same at another rate or
 * with another process. Gaps are drawn with mean 1 and then multiplied, so another rate only scales the arrivals;
 * gaps of whole milliseconds are the exception.
 *
 * @throws KairosError BAD_USAGE with the field and the cure
 */
export function generateTrace(recipe: TraceRecipe): Trace {
  checkGiven(recipe, OPTIONS)
  const { arrivals, cv, rate, queries, seed, mix } = recipe
  checkChoice('arrivals', arrivals, ARRIVAL_PROCESSES)
  checkQueries(queries)
  if (!(typeof rate === 'number' && rate > 0 && Number.isFinite(1000 / rate) && 1000 / rate > 0)) {
    refuseUsage('rate', `is ${valueText(rate)}`, 'a number of queries per second > 0 is expected')
  }
  if (cv !== undefined && arrivals !== 'gamma') {
    refuseUsage('cv', `is given for ${arrivals} arrivals`, 'only gamma arrivals have one')
  }
  const meanMs = 1000 / rate
  const arrivalMs = new Float64Array(queries)
  const whole = arrivals === 'integer-gaps'
  const drawGap = gapSource(arrivals, meanMs, randomStream(seed, GAPS_STREAM), cv)
  let at = 0
  for (let i = 0; i < queries; i++) {
    at += drawGap()
    arrivalMs[i] = whole ? at : at * meanMs
  }
  if (!Number.isFinite(arrivalMs[queries - 1])) {
    refuseUsage('rate', `of ${rate} puts arrivals beyond the largest number`, 'give a higher rate')
  }
  return { arrivalMs, batchSize: drawBatchSizes(mix, queries, seed) }
}

/**
 * Draws batch sizes by inverse transform of the mix, with one uniform number per query. They are the sizes that
 * `generateTrace` draws from the same seed.
 *
 * @throws KairosError BAD_MODEL for an invalid mix
 */
export function drawBatchSizes(mix: Mix, queries: number, seed: number): Float64Array {
  const { batchSizes, probabilities } = mix ?? {}
  if (!batchSizes || !probabilities)
    refuseUsage('mix', 'is missing', 'readMix reads one, and a workload has one')
  checkMix(mix)
  const uniform = randomStream(seed, SIZES_STREAM)
  const sizeOf: number[] = []
  const upTo: number[] = []
  let total = 0
  probabilities.forEach((probability, k) => {
    if (probability === 0) return
    total += probability
    sizeOf.push(batchSizes[k])
    upTo.push(total)
  })
  const sizes = new Float64Array(queries)
  for (let i = 0; i < queries; i++) {
    const u = uniform() * total
    sizes[i] = sizeOf[firstIndex(upTo.length - 1, (k) => upTo[k] > u)]
  }
  return sizes
}

/** Draws gaps of mean 1; for `integer-gaps` whole milliseconds. */
function gapSource(arrivals: ArrivalProcess, meanMs: number, uniform: () => number, cv = 1): () => number {
  switch (arrivals) {
    case 'poisson':
      // Math.log of engines differs in the last bit, which changes replays at their edges
      return () => -ln(1 - uniform())
    case 'constant':
      return () => 1
    case 'integer-gaps':
      return randomPoisson.source(uniform)(meanMs)
    case 'gamma':
      if (!(typeof cv === 'number' && cv >= 0.01 && cv <= 100))
        refuseUsage('cv', `is ${valueText(cv)}`, 'a number from 0.01 to 100 is expected')
      // Marsaglia and Tsang (2000); a gamma of shape k has cv 1 / √k
      return randomGamma.source(uniform)(1 / (cv * cv), cv * cv)
  }
}
