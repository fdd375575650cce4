/**
 * The comparison of the paper for each model: the allowable throughput of the best verified configuration under each
 * policy, that of the best homogeneous configuration, and the evaluations that the search needs.
 */
import {
  type ArrivalProcess,
  allowableThroughput,
  type Counts,
  POLICIES,
  type Policy,
  readWorkload,
  type Space,
  searchConfigurations,
  type Workload,
} from '../../src/index.ts'
import type { Estimate } from '../../src/model/results/capacity.ts'
import { estimate } from '../../src/replay/interval.ts'

/** The size of every measurement. */
export interface Size {
  readonly queries: number
  readonly repeats: number
}

/** Allowable throughput, queries a second. */
interface Allowed extends Estimate {
  readonly rates: readonly number[]
}

export interface Comparison {
  readonly model: string
  readonly arrivals: ArrivalProcess
  readonly best: Counts
  /** The fluid bound of the best, queries a second. */
  readonly bound: number
  /** Allowable throughput of the best configuration, by policy. */
  readonly allowed: Readonly<Record<string, Allowed>>
  readonly homogeneous: Allowed & { readonly counts: Counts }
  /** The best over the best homogeneous configuration, repetition by repetition. */
  readonly gain: Estimate
  /** Allowable throughput of the five best configurations as shares of their fluid bounds. */
  readonly shareOfBound: readonly number[]
  readonly evaluations: number
  readonly feasible: number
  readonly searchMs: number
}

export async function compare(
  model: string,
  space: Space,
  arrivals: ArrivalProcess,
  size: Size,
): Promise<Comparison> {
  const workload = await readWorkload(model)
  const question = { workload, space, arrivals, ...size }
  const started = performance.now()
  const search = await searchConfigurations(question)
  const searchMs = performance.now() - started
  const [first] = search.rows
  if (!first) throw new Error(`nothing is feasible for ${model}`)
  const five = await searchConfigurations({ ...question, topN: 5 })
  const homogeneous = await bestHomogeneous(question)
  return {
    model,
    arrivals,
    best: first.counts,
    bound: first.bound,
    allowed: await underEachPolicy(workload, space, first.counts, arrivals, size),
    homogeneous,
    gain: estimate(first.rates.map((rate, k) => rate / homogeneous.rates[k])),
    shareOfBound: five.rows.map(({ shareOfBound }) => shareOfBound),
    evaluations: search.evaluations.length,
    feasible: search.feasible ?? Number.NaN,
    searchMs,
  }
}

async function underEachPolicy(
  workload: Workload,
  space: Space,
  counts: Counts,
  arrivals: ArrivalProcess,
  size: Size,
): Promise<Record<string, Allowed>> {
  const allowed: Record<string, Allowed> = {}
  for (const policy of POLICIES) {
    allowed[policy.name] = await allowedBy(policy, workload, space, counts, arrivals, size)
  }
  return allowed
}

async function allowedBy(
  policy: Policy,
  workload: Workload,
  space: Space,
  counts: Counts,
  arrivals: ArrivalProcess,
  size: Size,
): Promise<Allowed> {
  const types = space.types.map(({ name }) => name)
  const found = await allowableThroughput({ workload, types, counts, policy, arrivals, ...size })
  return { mean: found.mean, halfWidth: found.halfWidth, rates: found.rates }
}

/** For each type the best configuration of that type alone. */
async function bestHomogeneous(question: {
  readonly workload: Workload
  readonly space: Space
  readonly arrivals: ArrivalProcess
}): Promise<Comparison['homogeneous']> {
  const { types, budgetPerHour } = question.space
  let best: Comparison['homogeneous'] | undefined
  for (let only = 0; only < types.length; only++) {
    const alone = types.map((type, t) => (t === only ? type : { ...type, max: 0 }))
    const { rows } = await searchConfigurations({ ...question, space: { types: alone, budgetPerHour } })
    const [row] = rows
    if (row && row.mean > (best?.mean ?? 0)) {
      best = { counts: row.counts, mean: row.mean, halfWidth: row.halfWidth, rates: row.rates }
    }
  }
  if (!best) throw new Error(`nothing homogeneous is feasible for ${question.workload.model}`)
  return best
}
