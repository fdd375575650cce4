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
  KernelBounds,
  KernelSelection,
  Rank,
  SearchedSelection,
  Selection,
} from '../contract.ts'
import { linesOf, lineTypesOf, typesOf } from '../fluid-lines.ts'
import { columnsOf, compareRanks, costOf, countsAt, nextCounts, ranksOf } from '../lattice.ts'
import { type LinearProgram, type Solution, solve } from './lp-solver.ts'

export function fluidBounds({ program, counts }: FluidQuery): FluidBounds {
  const types = typesOf(program)
  const rows = Array.from({ length: counts.length / types }, (_, i) =>
    priced(program, counts.subarray(i * types, (i + 1) * types)),
  )
  return {
    bound: Float64Array.from(rows, (row) => row.bound),
    price: Float64Array.from(rows.flatMap((row) => Array.from(row.price))),
    violationPrice: Float64Array.from(rows, (row) => row.violationPrice),
  }
}

/** Each configuration is bounded by itself: there is no state. */
export function createBounds(program: FluidProgram): KernelBounds {
  return { begin: () => (counts) => fluidBounds({ program, counts }) }
}

export function fluidRouting({ program, counts }: FluidQuery): FluidRouting {
  const found = priced(program, counts)
  const share =
    found.bound > 0
      ? routing(program, counts, found.bound)
      : new Float64Array(linesOf(program) * program.probability.length)
  return { ...found, share }
}

/**
 * The factor that makes the mix take 1 ms on the fastest type in use. The solver rounds its results to some decimals;
 * with this factor the bound has as many significant digits, whatever the unit of services.
 */
function scaleOf(program: FluidProgram, counts: Float64Array): number {
  const { probability, service } = program
  const bins = probability.length
  const times = usedLines(program, counts).map(({ line }) =>
    probability.reduce((sum, p, k) => sum + p * service[line * bins + k], 0),
  )
  return 1 / Math.min(...times)
}

function scaledBy(program: FluidProgram, scale: number): FluidProgram {
  return { ...program, service: program.service.map((ms) => scale * ms) }
}

/** Rounding of shares of queries that miss the target. */
const ROUNDING = 1e-12

/** The least violation of each bin on the types in use: what the most careful routing misses. */
function leastViolations({ probability, violation }: FluidProgram, used: readonly UsedLine[]): Float64Array {
  const bins = probability.length
  return probability.map((_, k) => Math.min(1, ...used.map(({ line }) => violation[line * bins + k])))
}

interface UsedLine {
  readonly line: number
  readonly type: number
}

/** The lines of the types in use, each with its type. */
function usedLines(program: FluidProgram, counts: Float64Array): UsedLine[] {
  const lines = Array.from(lineTypesOf(program), (type, line) => ({ line, type }))
  return lines.filter(({ type }) => counts[type] > 0)
}

/** max λ:  Σ_j x_jk = λ p_k,  Σ_jk l_jk x_jk <= n_t over the lines j of each t,  Σ_jk v_jk x_jk <= ε λ */
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
  for (const { line, type } of usedLines(program, counts)) {
    constraints[`type${type}`] = { max: counts[type] }
    for (const k of asked) {
      const i = line * bins + k
      // times in seconds, so that rates are queries a second
      const column = { [`bin${k}`]: 1, [`type${type}`]: service[i] / 1000, misses: violation[i] }
      variables[`x${line},${k}`] = column
    }
  }
  return { constraints, variables, objective: 'queries' }
}

/**
 * The precisions at which the primal is tried, one after the other. Its right-hand sides are 0, where the solver errs at times
 * and takes a routing for the optimum that is none: at each of these precisions on one program in a thousand.
 */
const ROUTING_PRECISIONS = [1e-9, 1e-8, 1e-10, 1e-11]

/** How far the queries of a routing may be from the bound, as a share of it. */
const SAME_BOUND = 1e-6

/** Shares of a routing that attains the bound. */
function routing(program: FluidProgram, counts: Float64Array, bound: number): Float64Array {
  const { probability } = program
  const bins = probability.length
  const scale = scaleOf(program, counts)
  const model = routingModel(scaledBy(program, scale), counts)
  for (const precision of ROUTING_PRECISIONS) {
    const solution = solve(model, precision)
    if (solution.status !== 'optimal' || !(Math.abs(scale * solution.value - bound) <= SAME_BOUND * bound))
      continue
    const share = new Float64Array(linesOf(program) * bins)
    for (const { line } of usedLines(program, counts)) {
      for (const k of probability.keys()) {
        const flow = solution.variables.get(`x${line},${k}`) ?? 0
        if (flow !== 0) share[line * bins + k] = flow / (solution.value * probability[k])
      }
    }
    return share
  }
  throw notFound('finds no routing that attains the bound')
}

/**
 * The precisions at which the dual is tried, one after the other. Its values are near 1: at 1e-8 bounds had errors up to 10^-7.
 * The finer, the more often the solver takes a rounding error for a gain without a limit: at 1e-11 on one program in a thousand,
 * most of which may miss no target. A bin that is rarer is taken for one that is not asked.
 */
const DUAL_PRECISIONS = [1e-11, 1e-10, 1e-9]

/**
 * The bound and its prices, by the dual: min Σ n_t u_t with Σ_k p_k c_k − ε w >= 1000 and c_k <= l_jk u_t + v_jk w for every
 * line j and its type t, where c_k is the cost of bin k, and services are in ms.
 *
 * It is solved with objective and constraint exchanged: max Σ_k p_k c_k − ε w with Σ_t n_t u_t <= Σ_t n_t. All variables at 0
 * are feasible there, so the solver needs no phase 1, in which it errs. Its optimum and the bound have the product
 * 1000 Σ_t n_t.
 *
 * Where even the most careful routing misses ε, each bin may go only to where it is missed least, and w gains nothing. The solver
 * then takes rounding errors for gains of w, so w is left out, and set to the least value at which the other lines do not count.
 */
function priced(asked: FluidProgram, counts: Float64Array): Omit<FluidRouting, 'share'> {
  const used = usedLines(asked, counts)
  const careful = leastViolations(asked, used)
  const missed = asked.probability.reduce((sum, p, k) => sum + p * careful[k], 0)
  if (used.length === 0 || missed > asked.epsilon + ROUNDING) {
    return { bound: 0, price: new Float64Array(counts.length), violationPrice: 0 }
  }
  const isTight = missed >= asked.epsilon - ROUNDING
  const scale = scaleOf(asked, counts)
  const program = scaledBy(asked, scale)
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const mix = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  const isBarred = (line: number, k: number) => isTight && violation[line * bins + k] > careful[k] + ROUNDING
  const total = counts.reduce((sum, count) => sum + count)
  const variables: Record<string, Record<string, number>> = isTight ? {} : { w: { mix: -epsilon } }
  const constraints: Record<string, { max: number }> = { value: { max: 1 } }
  for (const k of mix) variables[`c${k}`] = { mix: probability[k] }
  for (const { line, type } of used) {
    variables[`u${type}`] ??= { value: counts[type] / total }
    for (const k of mix) {
      if (isBarred(line, k)) continue
      const row = `${line},${k}`
      constraints[row] = { max: 0 }
      variables[`c${k}`][row] = 1
      variables[`u${type}`][row] = -service[line * bins + k]
      if (!isTight) variables.w[row] = -violation[line * bins + k]
    }
  }
  const solution = solveDual({ constraints, variables, objective: 'mix' })
  const perCost = 1000 / solution.value
  const value = (name: string) => perCost * (solution.variables.get(name) ?? 0)
  const price = Float64Array.from(counts, (_, t) => value(`u${t}`))
  const timeCost = ({ line, type }: UsedLine, k: number) => service[line * bins + k] * price[type]
  const lowestOfBarred = (k: number) => {
    const barred = used.filter(({ line }) => isBarred(line, k))
    const paid = Math.min(...used.filter(({ line }) => !isBarred(line, k)).map((each) => timeCost(each, k)))
    return Math.max(
      0,
      ...barred.map((each) => (paid - timeCost(each, k)) / (violation[each.line * bins + k] - careful[k])),
    )
  }
  const violationPrice = isTight ? Math.max(...mix.map(lowestOfBarred)) : value('w')
  const cost = (line: number, type: number, k: number) => {
    return service[line * bins + k] * price[type] + violation[line * bins + k] * violationPrice
  }
  const least = mix.map((k) => Math.min(...used.map(({ line, type }) => cost(line, type, k))))
  // the lowest price at which a type that is not in use is cheaper than the optimum for no bin
  const unused = new Float64Array(counts.length)
  lineTypesOf(program).forEach((type, line) => {
    const lowest = mix.map((k, i) => (least[i] - cost(line, type, k)) / service[line * bins + k])
    unused[type] = Math.max(unused[type], ...lowest)
  })
  unused.forEach((lowest, t) => {
    if (counts[t] === 0) price[t] = lowest
  })
  return { bound: scale * perCost * total, price: price.map((gain) => scale * gain), violationPrice }
}

/** @throws KairosError KERNEL where the solver finds no optimum at any precision */
function solveDual(model: LinearProgram): Solution & { readonly status: 'optimal' } {
  for (const precision of DUAL_PRECISIONS) {
    const solution = solve(model, precision)
    if (solution.status === 'optimal' && solution.value > 0) return solution
  }
  throw notFound('finds no prices, which exist')
}

function notFound(problem: string): KairosError {
  const cure = 'use the wasm kernel'
  return new KairosError('KERNEL', `javascript-lp-solver ${problem}`, { field: 'kernel' }, cure)
}

/** Bounds every configuration of the range and sorts them. */
export function selectFluid(input: FluidSelect): Selection {
  const selection = createSelection(input)
  while (selection.advance() < input.to);
  return selection.finish()
}

/** Configurations beyond the budget that a step of a selection passes over. */
const PASSED_OVER = 1024

/** Bounds one configuration after the other. */
export function createSelection(input: FluidSelect): KernelSelection {
  const { lattice, program, from, to, limit, after, byCost, includeInfeasible } = input
  const rows: Rank[] = []
  let withinBudget = 0
  let feasible = 0
  let number = from
  const counts = countsAt(lattice, from)
  /** Takes the next configuration; returns whether its bound was computed. */
  const take = (): boolean => {
    const cost = costOf(lattice, counts)
    if (cost > lattice.budget || counts.every((count) => count === 0)) return false
    withinBudget++
    const used = Float64Array.from(counts)
    const { bound } = priced(program, used)
    if (bound > 0) feasible++
    else if (!includeInfeasible) return true
    const row = { bound, cost, number }
    if (!after || compareRanks(row, after, byCost) > 0) rows.push(row)
    return true
  }
  return {
    advance: () => {
      let isBounded = false
      for (let n = 0; n < PASSED_OVER && number < to && !isBounded; n++) {
        isBounded = take()
        number++
        nextCounts(lattice, counts)
      }
      return number
    },
    finish: () => {
      const best = rows.sort((a, b) => compareRanks(a, b, byCost)).slice(0, limit)
      return { withinBudget, feasible, ...columnsOf(best) }
    },
  }
}

/** Searches nothing: it bounds every configuration of the range. */
export function searchFluid(input: FluidSearch): SearchedSelection {
  const selection = selectFluid(input)
  const { floor, byCost } = input
  const kept = ranksOf(selection).filter((row) => compareRanks(row, floor, byCost) <= 0)
  return { visited: selection.withinBudget, pruned: 0, ...columnsOf(kept) }
}
