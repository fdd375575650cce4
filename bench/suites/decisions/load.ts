/** Queries at a share of the fluid bound: what a decision costs under them, and the largest share that is allowable. */
import { fluidProgramOf } from '../../../src/bound/fluid.ts'
import type { PreparedPolicy } from '../../../src/dispatch/setup.ts'
import type { Workload } from '../../../src/index.ts'
import type { ReplayInput } from '../../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { queriesOf, replayInput } from '../../../src/replay/input.ts'
import type { Contestant } from './contestants.ts'
import { runOver } from './run-over.ts'
import type { RunDispatcher } from './simple-dispatchers.ts'

const SEED = 3

/** Of the items of a replay, the share that may be left until after the last arrival, late. */
const PARKED = 0.0003

/** The length of replays that measure a share, in units of QoS: an overload of d is hidden for about 0.5 QoS / d. */
const LENGTH = 100

/** The most queries of such a replay. */
const MOST_QUERIES = 1e6

/** Replays of a bisection, and how long all their decisions may take, µs. */
const REPLAYS = 9
const MOST_US = 30e6

/** Queries of a run whose decisions are timed, and runs after the one that warms up. */
const TIMED_QUERIES = 30_000
const TIMED_RUNS = 3

/** A contestant on a configuration. */
export interface Case {
  readonly contestant: Contestant
  readonly prepared: PreparedPolicy
  readonly workload: Workload
  readonly counts: readonly number[]
}

export interface Cost {
  readonly meanUs: number
  readonly p99Us: number
  readonly worstUs: number
}

/** The cost of a decision at a share of the bound, with the arrivals just before it: the least of three runs. */
export function decisionCost({ contestant, prepared, workload, counts }: Case, load: number): Cost {
  const input = inputOf(prepared, workload, TIMED_QUERIES)
  const arrivalMs = arrivalsAt(input, load * boundOfDrawn(prepared, input, counts))
  let least: Float64Array | undefined
  for (let n = 0; n <= TIMED_RUNS; n++) {
    const { decisionNs } = runOver(contestant.open(prepared), { ...input, arrivalMs })
    if (n > 0) least = least?.map((ns, i) => Math.min(ns, decisionNs[i])) ?? Float64Array.from(decisionNs)
  }
  if (!least) throw new Error('no decision was timed')
  // the fleet is idle at first
  const sorted = least.slice(least.length >> 2).sort()
  const meanNs = sorted.reduce((sum, ns) => sum + ns, 0) / sorted.length
  const [p99Ns, worstNs] = [sorted[Math.floor(0.99 * sorted.length)], sorted[sorted.length - 1]]
  return { meanUs: meanNs / 1000, p99Us: p99Ns / 1000, worstUs: worstNs / 1000 }
}

/** The largest share of the bound that is allowable; undefined where measuring it would take minutes. */
export function allowableShare(
  { contestant, prepared, workload, counts }: Case,
  meanUs: number,
): number | undefined {
  const expected = boundOfDrawn(prepared, inputOf(prepared, workload, 20_000), counts)
  const queries = Math.max(20_000, Math.round((LENGTH * workload.qosMs * expected) / 1000))
  if (queries > MOST_QUERIES || meanUs * queries * REPLAYS > MOST_US) return undefined
  const input = inputOf(prepared, workload, queries)
  const bound = boundOfDrawn(prepared, input, counts)
  let low = 0
  let high = 1.05
  while (high - low > 0.004) {
    const share = (low + high) / 2
    const arrivalMs = arrivalsAt(input, share * bound)
    if (isAllowable(contestant.open(prepared), { ...input, arrivalMs }, workload)) low = share
    else high = share
  }
  return low
}

function inputOf(prepared: PreparedPolicy, workload: Workload, queries: number): ReplayInput {
  const trace = generateTrace({ arrivals: 'poisson', rate: 1000, queries, seed: SEED, mix: workload.mix })
  return replayInput(prepared, queriesOf({ workload, service: 'sampled' }, trace, SEED))
}

/** The fluid bound of the mix that was drawn, queries per second. */
function boundOfDrawn({ context }: PreparedPolicy, { bin }: ReplayInput, counts: readonly number[]): number {
  const probabilities = new Float64Array(context.batchSizes.length)
  for (const k of bin) probabilities[k] += 1 / bin.length
  const program = fluidProgramOf({ ...context, probabilities })
  return loadKernel('wasm').fluidRouting({ program, counts: Float64Array.from(counts) }).bound
}

/** The arrivals at a rate, which is that of the gaps that were drawn. */
function arrivalsAt({ arrivalMs }: ReplayInput, rate: number): Float64Array {
  const last = arrivalMs.length - 1
  const drawn = (1000 * last) / (arrivalMs[last] - arrivalMs[0])
  return arrivalMs.map((ms) => (ms * drawn) / rate)
}

function isAllowable(dispatcher: RunDispatcher, input: ReplayInput, workload: Workload): boolean {
  const { arrivalMs, bin, qosMs } = input
  const { startMs, finishMs } = runOver(dispatcher, input)
  const lastMs = arrivalMs[arrivalMs.length - 1]
  const size = workload.latency.batchSizes
  let missed = 0
  let parked = 0
  let items = 0
  for (let query = 0; query < bin.length; query++) {
    items += size[bin[query]]
    if (finishMs[query] - arrivalMs[query] > qosMs) missed++
    if (startMs[query] > lastMs && arrivalMs[query] + qosMs < lastMs) parked += size[bin[query]]
  }
  return missed <= (1 - workload.percentile / 100) * bin.length && parked <= PARKED * items
}
