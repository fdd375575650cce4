/**
 * How much is left to gain with batches: the best fleet of each model against a single server of the same capacity.
 * That server works at the prices of the bound whatever waits, so it loses nothing to small batches, to instances that
 * are idle while others are busy, or to service times that vary. It serves queries in order of arrival. While more work
 * is ahead than a share of the target, it sets aside the queries with the most work, which are then late; while less
 * than another share is ahead, it serves those before others. As many queries may miss, and be parked, as in a replay.
 */
import { mean } from 'simple-statistics'
import { policyOf } from '../../src/dispatch/policies.ts'
import { pricesOf } from '../../src/dispatch/prices.ts'
import { type PreparedPolicy, preparePolicy } from '../../src/dispatch/setup.ts'
import { readSpace, readWorkload, searchConfigurations } from '../../src/index.ts'
import type { ReplayInput } from '../../src/kernel/dispatch-contract.ts'
import type { Counts } from '../../src/model/fleet/space.ts'
import { largestRate } from '../../src/replay/largest-rate.ts'
import { drawsOf, repetitionOf } from '../../src/replay/repetition.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'
import { MODELS, withBatches } from '../workloads.ts'

const LOAD = { policy: 'priced', service: 'sampled', arrivals: 'poisson', queries: 20_000 } as const
const SEEDS = [1, 2, 3, 4, 5]

/** The work ahead, in shares of the target, above which queries are set aside. `priced` has 0.64 to 0.68; rm2 0.75. */
const SHARES = [0.67, 0.75, 1]

/** The work ahead, as a share of the target, below which late queries are served first. */
const LULL = 0.3

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const space = await readSpace('hpdc23')
  const types = space.types.map(({ name }) => name)
  const figures: Figure[] = []
  const rows = [['', 'fleet', 'priced', ...SHARES.map((share) => `ideal, ${share} ahead`)]]
  for (const model of MODELS) {
    const workload = withBatches(await readWorkload(model))
    const search = { workload, space, queries: LOAD.queries, repeats: SEEDS.length, threads: 2 }
    const [{ counts, shareOfBound }] = (await searchConfigurations(search)).rows
    const prepared = preparePolicy(workload, types, counts, policyOf('priced'))
    const workMs = workOf(prepared, counts)
    const repetitions = SEEDS.map((seed) => repetitionOf(prepared, drawsOf({ workload, ...LOAD }, seed)))
    const ideal: number[] = []
    for (const share of SHARES) {
      const trials = {
        holds: async (repetition: (typeof repetitions)[number], rate: number) =>
          isAllowed(repetition.inputAt(rate), workMs, share),
      }
      const shares = await Promise.all(
        repetitions.map(async (repetition) => {
          const { rate } = await largestRate(trials, repetition)
          return rate / repetition.bound()
        }),
      )
      ideal.push(mean(shares))
    }
    rows.push([model, counts.join(), ...[shareOfBound, ...ideal].map((share) => share.toFixed(3))])
    figures.push({
      what: `share of the bound with batches that an ideal server allows, ${model}, ${SHARES[0]} ahead`,
      value: ideal[0],
      unit: '',
    })
  }
  print(`share of the bound with batches, ${SEEDS.length} x ${LOAD.queries} queries\n${grid(rows)}`)
  return { suite: 'batching-limit', timings: [], figures }
}

/** K times that a query takes of the capacity of the fleet, ms, in the cheapest mode that ends in time by the mean. */
function workOf({ context }: PreparedPolicy, counts: Counts): Float64Array {
  const { batchSizes, meanMs, qosMs } = context
  const { price } = pricesOf(context, counts)
  const capacity = counts.reduce((sum, count, t) => sum + count * price[t], 0)
  return batchSizes.map((size, k) => {
    let least = Infinity
    counts.forEach((count, t) => {
      for (let bin = k; bin < batchSizes.length && count > 0; bin++) {
        const ms = meanMs[t * batchSizes.length + bin]
        if (ms < qosMs) least = Math.min(least, (price[t] * ms * size) / batchSizes[bin])
      }
    })
    return least / capacity
  })
}

/** Whether the ideal server keeps the percentile, with no more parked at the last arrival than may be. */
function isAllowed(input: ReplayInput, workMs: Float64Array, share: number): boolean {
  const { arrivalMs, bin, qosMs, stopAfterViolations = 0, parking } = input
  const leftMs = Float64Array.from(bin, (k) => workMs[k])
  const live: number[] = []
  const late: number[] = []
  let aheadMs = 0
  let misses = 0
  const serve = (forMs: number) => {
    for (let restMs = forMs; restMs > 0; ) {
      const isLull = live.length === 0 || aheadMs < LULL * qosMs
      const served = late.length > 0 && isLull ? late : live
      if (served.length === 0) return
      const takenMs = Math.min(restMs, leftMs[served[0]])
      if (served === live) aheadMs -= takenMs
      restMs -= takenMs
      leftMs[served[0]] -= takenMs
      if (leftMs[served[0]] <= 0) served.shift()
    }
  }
  for (let query = 0; query < arrivalMs.length; query++) {
    serve(query === 0 ? 0 : arrivalMs[query] - arrivalMs[query - 1])
    live.push(query)
    aheadMs += leftMs[query]
    while (aheadMs > share * qosMs && live.length > 1) {
      // the one that is served stays
      const most = Math.max(...live.slice(1).map((one) => leftMs[one]))
      const [dearest] = live.splice(
        live.findIndex((one, i) => i > 0 && leftMs[one] === most),
        1,
      )
      late.push(dearest)
      aheadMs -= most
      misses++
    }
  }
  const last = arrivalMs[arrivalMs.length - 1]
  const parked = late.filter(
    (query) => last - arrivalMs[query] > qosMs && leftMs[query] === workMs[bin[query]],
  )
  const volume = parked.reduce((sum, query) => sum + parking!.volume[bin[query]], 0)
  return misses <= stopAfterViolations && volume <= parking!.most
}
