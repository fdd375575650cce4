/**
 * The fluid program, stated as a linear program and given to a general solver: the primal for the routing, the
 * dual for the prices.
 */
import { KairosError } from '../../model/errors.ts'
import type {
  FluidBounds,
  FluidProgram,
  FluidQuery,
  FluidRouting,
  FluidSearch,
  FluidSelect,
  Rank,
  SearchedSelection,
  Selection,
} from '../contract.ts'
import { columnsOf, compareRanks, costOf, countsAt, nextCounts, ranksOf } from '../lattice.ts'
import { type LinearProgram, solve } from './lp-solver.ts'

export function fluidBounds({ program, counts }: FluidQuery): FluidBounds {
  const types = program.service.length / program.probability.length
  const rows = Array.from({ length: counts.length / types }, (_, i) =>
    fluidRouting({ program, counts: counts.subarray(i * types, (i + 1) * types) }),
  )
  return {
    bound: Float64Array.from(rows, (row) => row.bound),
    price: Float64Array.from(rows.flatMap((row) => Array.from(row.price))),
    violationPrice: Float64Array.from(rows, (row) => row.violationPrice),
  }
}

export function fluidRouting({ program, counts }: FluidQuery): FluidRouting {
  const { probability } = program
  const bins = probability.length
  const none = {
    bound: 0,
    price: new Float64Array(counts.length),
    violationPrice: 0,
    share: new Float64Array(counts.length * bins),
  }
  if (!keepsPercentile(program, counts)) return none
  const scale = scaleOf(program)
  const scaled = scaledBy(program, scale)
  const routed = routing(scaled, counts)
  if (routed === undefined) return none
  const { price, violationPrice } = prices(scaled, counts, routed.bound)
  return {
    bound: scale * routed.bound,
    price: price.map((gain) => scale * gain),
    violationPrice,
    share: routed.share,
  }
}

/**
 * The factor that makes the mix take 1 ms on the fastest type. The solver rounds its results to eight decimals;
 * with this factor the bound has as many significant digits, whatever the unit of services.
 */
function scaleOf({ probability, service }: FluidProgram): number {
  const bins = probability.length
  const times = Array.from({ length: service.length / bins }, (_, t) =>
    probability.reduce((sum, p, k) => sum + p * service[t * bins + k], 0),
  )
  return 1 / Math.min(...times)
}

function scaledBy(program: FluidProgram, scale: number): FluidProgram {
  return { ...program, service: program.service.map((ms) => scale * ms) }
}

/** Whether the percentile is kept if every bin goes to the type in use with the least violation. */
function keepsPercentile({ probability, violation, epsilon }: FluidProgram, counts: Float64Array): boolean {
  const bins = probability.length
  let missed = 0
  let used = 0
  for (let k = 0; k < bins; k++) {
    let least = 1
    for (let t = 0; t < counts.length; t++) {
      if (counts[t] > 0) least = Math.min(least, violation[t * bins + k])
    }
    missed += probability[k] * least
  }
  for (const count of counts) used += count
  return used > 0 && missed <= epsilon + 1e-12
}

/** max λ:  Σ_t x_tk = λ p_k,  Σ_k l_tk x_tk <= n_t,  Σ_tk v_tk x_tk <= ε λ */
export function routingModel(program: FluidProgram, counts: Float64Array): LinearProgram {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const asked = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  const variables: Record<string, Record<string, number>> = { rate: { queries: 1, misses: -epsilon } }
  const constraints: Record<string, { equal?: number; max?: number }> = { misses: { max: 0 } }
  for (const k of asked) {
    variables.rate[`bin${k}`] = -probability[k]
    constraints[`bin${k}`] = { equal: 0 }
  }
  for (let t = 0; t < counts.length; t++) {
    if (counts[t] === 0) continue
    constraints[`type${t}`] = { max: counts[t] }
    for (const k of asked) {
      const i = t * bins + k
      // times in seconds, so that rates are queries a second
      const column = { [`bin${k}`]: 1, [`type${t}`]: service[i] / 1000, misses: violation[i] }
      variables[`x${t},${k}`] = column
    }
  }
  return { constraints, variables, objective: 'queries' }
}

function routing(program: FluidProgram, counts: Float64Array) {
  const { probability } = program
  const bins = probability.length
  const asked = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  const solution = solve(routingModel(program, counts))
  if (solution.status !== 'optimal' || !(solution.value > 0)) return undefined
  const share = new Float64Array(counts.length * bins)
  for (let t = 0; t < counts.length; t++) {
    for (const k of asked) {
      share[t * bins + k] = (solution.variables.get(`x${t},${k}`) ?? 0) / (solution.value * probability[k])
    }
  }
  return { bound: solution.value, share }
}

/**
 * The dual: min Σ n_t u_t with Σ_k p_k c_k − ε w >= 1000 and c_k <= l_tk u_t + v_tk w for every t, where c_k is
 * the cost of bin k.
 *
 * It is solved with objective and constraint exchanged: max Σ_k p_k c_k − ε w with Σ_t n_t u_t <= λ, whose optimum
 * is 1000 with services in ms. All variables at 0 are feasible there, so the solver needs no phase 1, in which it
 * errs.
 */
function prices(program: FluidProgram, counts: Float64Array, bound: number) {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const asked = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
  const variables: Record<string, Record<string, number>> = { w: { mix: -epsilon } }
  const constraints: Record<string, { max: number }> = { value: { max: bound } }
  for (const k of asked) variables[`c${k}`] = { mix: probability[k] }
  for (const t of used) {
    variables[`u${t}`] = { value: counts[t] }
    for (const k of asked) {
      const row = `${t},${k}`
      constraints[row] = { max: 0 }
      variables[`c${k}`][row] = 1
      variables[`u${t}`][row] = -service[t * bins + k]
      variables.w[row] = -violation[t * bins + k]
    }
  }
  const solution = solve({ constraints, variables, objective: 'mix' })
  if (solution.status !== 'optimal') {
    throw new KairosError('KERNEL', `javascript-lp-solver reports ${solution.status} for prices that exist`)
  }
  const value = (name: string) => solution.variables.get(name) ?? 0
  const price = Float64Array.from(counts, (_, t) => value(`u${t}`))
  const cost = (t: number, k: number) => {
    return service[t * bins + k] * price[t] + violation[t * bins + k] * value('w')
  }
  const least = asked.map((k) => Math.min(...used.map((t) => cost(t, k))))
  // the lowest price at which a type that is not in use is cheaper than the optimum for no bin
  for (let t = 0; t < counts.length; t++) {
    if (counts[t] > 0) continue
    const lowest = asked.map((k, i) => (least[i] - cost(t, k)) / service[t * bins + k])
    price[t] = Math.max(0, ...lowest)
  }
  return { price, violationPrice: value('w') }
}

/** Bounds every configuration of the range and sorts them. */
export function selectFluid(input: FluidSelect): Selection {
  const { lattice, program, from, to, limit, after, byCost, includeInfeasible } = input
  const scale = scaleOf(program)
  const scaled = scaledBy(program, scale)
  const rows: Rank[] = []
  let withinBudget = 0
  let feasible = 0
  const counts = countsAt(lattice, from)
  for (let number = from; number < to; number++, nextCounts(lattice, counts)) {
    const cost = costOf(lattice, counts)
    if (cost > lattice.budget || counts.every((count) => count === 0)) continue
    withinBudget++
    const used = Float64Array.from(counts)
    const bound = keepsPercentile(program, used) ? scale * (routing(scaled, used)?.bound ?? 0) : 0
    if (bound > 0) feasible++
    else if (!includeInfeasible) continue
    const row = { bound, cost, number }
    if (!after || compareRanks(row, after, byCost) > 0) rows.push(row)
  }
  const best = rows.sort((a, b) => compareRanks(a, b, byCost)).slice(0, limit)
  return { withinBudget, feasible, ...columnsOf(best) }
}

/** Searches nothing: it bounds every configuration of the range. */
export function searchFluid(input: FluidSearch): SearchedSelection {
  const selection = selectFluid(input)
  const { floor, byCost } = input
  const kept = ranksOf(selection).filter((row) => compareRanks(row, floor, byCost) <= 0)
  return { visited: selection.withinBudget, pruned: 0, ...columnsOf(kept) }
}
