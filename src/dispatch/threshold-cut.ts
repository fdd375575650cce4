import type { ReplayInput } from '../kernel/dispatch-contract.ts'
import type { PartitionRule } from '../kernel/rules.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { bisectRates } from '../model/bisection.ts'
import { dot } from '../model/dot.ts'
import { instanceTypes } from '../model/fleet/configuration.ts'
import { type Counts, typesInUse } from '../model/fleet/space.ts'
import { randomStream, SERVICE_STREAM } from '../model/random.ts'
import { allowedViolations } from '../model/results/latencies.ts'
import { generateTrace } from '../model/trace/generate-trace.ts'
import { binOf } from '../model/workload/workload.ts'
import type { PolicyContext } from './policy.ts'

/** Queries of the trace on which cuts are compared. */
const QUERIES = 2000

/** A seed that no measurement uses. */
const SEED = 1_234_567_891

/** Rates are found to 1%. */
const PRECISION = 1.01

/**
 * Rates are searched between these shares of the rate that all types have together on the whole mix. A cut may allow
 * more than that: it gives each type the bins that it serves well.
 */
const LOWEST_SHARE = 1 / 64
const HIGHEST_SHARE = 2

/** The first step of the hill climbing, in bins. */
const FIRST_STEP = 8

/** The rule for a cut. Bins below `cut` go to all types but the fastest; all bins go to a type that is alone in use. */
export function partition(context: PolicyContext, counts: Counts, cut: number): PartitionRule {
  const { types, batchSizes } = context
  const fastest = fastestOf(context, counts)
  const apart = counts.some((count, t) => count > 0 && t !== fastest)
  return {
    kind: 'partition',
    groupOfType: Float64Array.from(types, (_, t) => (apart && t === fastest ? 1 : 0)),
    groupOfBin: Float64Array.from(batchSizes, (_, k) => (apart && k >= cut ? 1 : 0)),
  }
}

/** The type in use that serves the largest batch fastest. */
function fastestOf({ batchSizes, meanMs }: PolicyContext, counts: Counts): number {
  const largestMs = (t: number) => (counts[t] > 0 ? meanMs[(t + 1) * batchSizes.length - 1] : Infinity)
  return counts.reduce((best, _, t) => (largestMs(t) < largestMs(best) ? t : best), 0)
}

/**
 * Hill climbing from the cut at which both sides are equally busy. The step is halved if neither direction gains.
 *
 * @returns how many bins are small, 0 to K
 */
export function bestCut(context: PolicyContext, counts: Counts): number {
  const { batchSizes } = context
  if (typesInUse(counts).length < 2) return 0
  const allows = throughputOf(context, counts)
  let cut = balancedCut(context, counts)
  let best = allows(cut)
  for (let step = FIRST_STEP; step >= 1; ) {
    const [lower, higher] = [Math.max(0, cut - step), Math.min(batchSizes.length, cut + step)]
    const [below, above] = [allows(lower), allows(higher)]
    if (Math.max(below, above) <= best) {
      step /= 2
    } else {
      cut = above > below ? higher : lower
      best = Math.max(below, above)
    }
  }
  return cut
}

/** The first cut at which the other types have as much work per instance as the fastest. */
function balancedCut(context: PolicyContext, counts: Counts): number {
  const { fastestMs, othersMs } = workOf(context, counts)
  const cut = fastestMs.findIndex((ms, k) => othersMs[k] >= ms)
  return cut < 0 ? context.batchSizes.length : cut
}

/** The cut that minimises the work per instance of the busier side. */
export function evenCut(context: PolicyContext, counts: Counts): number {
  if (typesInUse(counts).length < 2) return 0
  const { fastestMs, othersMs } = workOf(context, counts)
  const most = fastestMs.map((ms, k) => Math.max(ms, othersMs[k]))
  return most.indexOf(Math.min(...most))
}

/** The work of both sides per instance, ms per query, for each cut from 0 to K. The other side may be empty. */
function workOf(context: PolicyContext, counts: Counts): { fastestMs: Float64Array; othersMs: Float64Array } {
  const { batchSizes, probabilities, meanMs } = context
  const bins = batchSizes.length
  const fastest = fastestOf(context, counts)
  const others = typesInUse(counts).filter((t) => t !== fastest)
  const fastestMs = new Float64Array(bins + 1)
  const othersMs = new Float64Array(bins + 1)
  for (let k = 0; k < bins; k++)
    fastestMs[0] += (probabilities[k] * meanMs[fastest * bins + k]) / counts[fastest]
  for (let k = 0; k < bins; k++) {
    fastestMs[k + 1] = fastestMs[k] - (probabilities[k] * meanMs[fastest * bins + k]) / counts[fastest]
    // together, instances serve a bin at the sum of their rates
    const rate = others.reduce((sum, t) => sum + counts[t] / meanMs[t * bins + k], 0)
    othersMs[k + 1] = othersMs[k] + probabilities[k] / rate
  }
  return { fastestMs, othersMs }
}

/** The allowable throughput of a cut on one short trace, queries per second. Each cut is computed once. */
function throughputOf(context: PolicyContext, counts: Counts): (cut: number) => number {
  const { types, batchSizes, probabilities, meanMs, levels, knotsMs, qosMs, percentile } = context
  const bins = batchSizes.length
  const mix = { batchSizes, probabilities }
  const trace = generateTrace({ arrivals: 'poisson', rate: 1000, queries: QUERIES, seed: SEED, mix })
  const draw = randomStream(SEED, SERVICE_STREAM)
  const fixed: Omit<ReplayInput, 'rule'> = {
    types: types.length,
    bins,
    meanMs,
    instanceType: instanceTypes(counts),
    arrivalMs: trace.arrivalMs,
    bin: Int32Array.from(trace.batchSize, (size) => binOf(batchSizes, size)),
    sampled: { uniform: trace.arrivalMs.map(draw), levels, knotsMs },
    qosMs,
    stopAfterViolations: allowedViolations(QUERIES, percentile),
    record: false,
  }
  const meanOf = (t: number) => dot(probabilities, meanMs.subarray(t * bins, (t + 1) * bins))
  const mixRate = counts.reduce((sum, count, t) => sum + (1000 * count) / meanOf(t), 0)
  const known = new Map<number, number>()
  const rateOf = (cut: number) => {
    const rule = partition(context, counts, cut)
    const holds = (rate: number) => {
      const arrivalMs = trace.arrivalMs.map((at) => at * (1000 / rate))
      return !sharedKernel().replay({ ...fixed, rule, arrivalMs }).stopped
    }
    if (!holds(LOWEST_SHARE * mixRate)) return 0
    const search = bisectRates(LOWEST_SHARE * mixRate, HIGHEST_SHARE * mixRate, PRECISION)
    let step = search.next()
    while (!step.done) step = search.next(holds(step.value))
    return step.value.low
  }
  return (cut) => {
    const rate = known.get(cut) ?? rateOf(cut)
    known.set(cut, rate)
    return rate
  }
}
