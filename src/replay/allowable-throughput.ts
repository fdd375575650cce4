import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { ReplayInput, ReplayOutcome } from '../kernel/dispatch-contract.ts'
import { type KernelName, loadKernel } from '../kernel/load.ts'
import type { ArrivalProcess } from '../model/arrivals.ts'
import { KairosError } from '../model/errors.ts'
import { generateTrace } from '../model/generate-trace.ts'
import type { Trace } from '../model/trace.ts'
import { openPool } from '../workers/pool.ts'
import { type Configuration, replayInput } from './input.ts'
import { estimate } from './interval.ts'
import { allowedViolations, fewestQueries } from './metrics.ts'

export interface ThroughputRequest extends Configuration {
  /** Queries of a repetition; 20,000 by default. */
  readonly queries?: number | undefined
  /** Repetitions, each with a seed of its own: `seed`, `seed + 1`, ...; 5 by default. */
  readonly repeats?: number | undefined
  /** 1 by default. */
  readonly seed?: number | undefined
  /** Poisson arrivals by default. */
  readonly arrivals?: ArrivalProcess | undefined
  /** Coefficient of variation of gamma arrivals. */
  readonly cv?: number | undefined
  /** Threads to use, no more than repetitions; all of the machine by default. */
  readonly threads?: number | undefined
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with repetitions done and to do. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface AllowableThroughput {
  /** Queries a second: the mean of the repetitions, and the half width of its 95% t-interval. */
  readonly mean: number
  readonly halfWidth: number
  /** What each repetition allows, in order of seeds. */
  readonly rates: readonly number[]
  /** The proof: rates, at most 0.5% above, that do not hold. */
  readonly refused: readonly number[]
  /** Replays that it took. */
  readonly replays: number
}

type Run = (input: ReplayInput) => ReplayOutcome | Promise<ReplayOutcome>

/** Rates are found to half a percent. */
const PRECISION = 1.005

/** A rate that is this much below what the instances could serve without a pause is none. */
const LOWEST_SHARE = 2 ** -20

/**
 * The largest rate at which the percentile of latency stays inside QoS, to 0.5% (design, "Allowable
 * throughput"). A repetition draws gaps, sizes and service times once, and only scales the gaps: every rate,
 * configuration and policy is tried on the same luck. Sampled service times by default.
 *
 * Blocks the calling thread for some ten milliseconds at a time, or works on others. The result is the same
 * for any number of threads and either kernel.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload; BAD_USAGE for options that
 *   are not usable; ABORTED by `signal`
 */
export async function allowableThroughput(request: ThroughputRequest): Promise<AllowableThroughput> {
  const { queries = 20_000, repeats = 5, seed = 1, threads = availableParallelism(), signal } = request
  const fewest = fewestQueries(request.workload.percentile)
  checkWhole('queries', queries, fewest, `the ${request.workload.percentile}th percentile`)
  checkWhole('repeats', repeats, 1, 'a mean')
  checkWhole('threads', threads, 1, 'work')
  const searches = Array.from({ length: repeats }, (_, k) => searchOf(request, queries, seed + k))
  const workers = Math.min(threads, repeats)
  const pool = workers > 1 ? await openPool(workers, request.kernel ?? 'wasm') : undefined
  const kernel = loadKernel(request.kernel)
  const run: Run = pool ? (input) => pool.run('replay', input) : (input) => kernel.replay(input)
  let done = 0
  const repetition = async (search: Search) => {
    const found = await largestRate(search, run, signal)
    request.onProgress?.(++done, repeats)
    return found
  }
  try {
    const found: Found[] = []
    if (pool) found.push(...(await Promise.all(searches.map(repetition))))
    else for (const search of searches) found.push(await repetition(search))
    const rates = found.map(({ rate }) => rate)
    const refused = found.map(({ refused }) => refused)
    return {
      ...estimate(rates),
      rates,
      refused,
      replays: found.reduce((sum, { replays }) => sum + replays, 0),
    }
  } finally {
    await pool?.close()
  }
}

/** One repetition: inputs at any rate, and where to look first. */
interface Search {
  readonly inputAt: (rate: number) => ReplayInput
  readonly firstRate: number
}

interface Found {
  readonly rate: number
  readonly refused: number
  readonly replays: number
}

function searchOf(request: ThroughputRequest, queries: number, seed: number): Search {
  const { workload, service = 'sampled', arrivals = 'poisson', cv } = request
  const recipe = { arrivals, cv, queries, seed, mix: workload.mix }
  const unit = generateTrace({ ...recipe, rate: 1000 })
  const input: ReplayInput = {
    ...replayInput({ ...request, service }, unit, seed),
    record: false,
    stopAfterViolations: allowedViolations(queries, workload.percentile),
  }
  // gaps of whole milliseconds do not scale: they are drawn again for every rate
  const arrivalsAt = (rate: number): Trace['arrivalMs'] =>
    arrivals === 'integer-gaps'
      ? generateTrace({ ...recipe, rate }).arrivalMs
      : unit.arrivalMs.map((at) => at * (1000 / rate))
  return {
    inputAt: (rate) => ({ ...input, arrivalMs: arrivalsAt(rate) }),
    firstRate: servedOneByOne(input),
  }
}

/** Queries a second if every instance served the whole mix without a pause. */
function servedOneByOne({ bin, bins, meanMs, types, instanceType }: ReplayInput): number {
  const queries = new Float64Array(bins)
  for (const k of bin) queries[k]++
  const typeRate = Array.from({ length: types }, (_, t) => {
    const totalMs = queries.reduce((sum, count, k) => sum + count * meanMs[t * bins + k], 0)
    return (1000 * bin.length) / totalMs
  })
  return instanceType.reduce((sum, t) => sum + typeRate[t], 0)
}

/**
 * Brackets the largest rate by doubling or halving, then bisects in proportion. Violations do not quite grow
 * with the rate, a schedule is too fickle for that: among several edges it finds one.
 */
async function largestRate(search: Search, run: Run, signal: AbortSignal | undefined): Promise<Found> {
  let replays = 0
  const holds = async (rate: number) => {
    // lets timers and signals in, between replays that block
    await setImmediate()
    if (signal?.aborted) throw new KairosError('ABORTED', 'the search for a rate was ended')
    replays++
    return !(await run(search.inputAt(rate))).stopped
  }
  let high = search.firstRate
  let low = 0
  while (await holds(high)) {
    low = high
    high *= 2
    if (high > search.firstRate / LOWEST_SHARE) throw tooFew()
  }
  const lowest = search.firstRate * LOWEST_SHARE
  while (low === 0) {
    const rate = high / 2
    if (rate < lowest) return { rate: 0, refused: high, replays }
    if (await holds(rate)) low = rate
    else high = rate
  }
  while (high / low > PRECISION) {
    const middle = Math.sqrt(low * high)
    if (await holds(middle)) low = middle
    else high = middle
  }
  return { rate: low, refused: high, replays }
}

/** So few that they are served in time even if they arrive all at once. */
function tooFew(): KairosError {
  const cure = 'ask for more, enough to keep every instance busy for longer than QoS'
  return new KairosError('BAD_USAGE', 'are so few that any rate is allowed', { field: 'queries' }, cure)
}

function checkWhole(field: string, value: number, least: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new KairosError('BAD_USAGE', `is ${value}`, { field }, `${what} needs at least ${least}`)
}
