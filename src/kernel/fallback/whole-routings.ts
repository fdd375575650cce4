/**
 * The fluid program over whole routings. A routing sends every bin to one line of a type in use. A query takes time_t
 * of each type t and misses the target with the probability `missed`. Routings i at rates a_i give the bound:
 *
 *   max λ = Σ_i a_i:   Σ_i time_it a_i <= n_t for each t,   Σ_i (missed_i − ε) a_i <= 0
 *
 * Its dual asks for prices of time u_t and of a miss w at which no routing is cheap:
 *
 *   max θ:   Σ_t n_t u_t = 1,   θ <= Σ_t time_it u_t + (missed_i − ε) w for each i
 *
 * At given prices the cheapest routing sends each bin to its cheapest line. So a few routings are enough: the solver
 * gives prices at which all known routings cost θ at least, and the cheapest of all routings at these prices is added,
 * until it costs no less than θ.
 */
import { dot } from '../../model/dot.ts'
import { KairosError } from '../../model/errors.ts'
import type { FluidProgram, FluidRouting } from '../contract.ts'
import { linesOf, lineTypesOf } from '../fluid-lines.ts'
import { type LinearProgram, type Solution, solve } from './lp-solver.ts'

/** Rounding of shares of queries that miss the target. */
const ROUNDING = 1e-12

/** Prices are right if the cheapest routing costs as much as the known ones but for this share. */
const SAME_COST = 1e-12

/** A bound is proven if a mixture of routings attains it but for this share. */
const SAME_BOUND = 1e-7

/** The most routings, ten times as many as any program was seen to need. */
const MOST_ROUTINGS = 5000

/** The precisions that the solver is given, one after the other, while it takes a rounding error for a gain. */
const PRECISIONS = [1e-11, 1e-10, 1e-9, 1e-8]

interface UsedLine {
  readonly line: number
  readonly type: number
}

/** The types in use of a program, in a unit of time in which the mix takes 1 on the fastest line. */
interface Setting {
  readonly program: FluidProgram
  readonly counts: Float64Array
  readonly used: readonly UsedLine[]
  /** Bins that are asked for. */
  readonly mix: readonly number[]
  /** By bin, the least probability of a miss. */
  readonly careful: Float64Array
  /** Whether every bin has to go where it misses least. Then a miss has no price in the program. */
  readonly isTight: boolean
}

interface Routing {
  /** By bin, the line; -1 for a bin that is not asked for. */
  readonly lineOf: Int32Array
  /** By type, the time per query. */
  readonly time: Float64Array
  readonly missed: number
}

interface Prices {
  readonly time: Float64Array
  readonly miss: number
}

/** The bound of a configuration, its prices, and shares that attain it; all 0 where the percentile cannot be kept. */
export function boundByRoutings(asked: FluidProgram, counts: Float64Array): FluidRouting {
  const types = counts.length
  const share = new Float64Array(linesOf(asked) * asked.probability.length)
  const scale = scaleOf(asked, counts)
  const setting = settingOf({ ...asked, service: asked.service.map((ms) => scale * ms) }, counts)
  if (setting === undefined) return { bound: 0, price: new Float64Array(types), violationPrice: 0, share }
  const { routings, prices, cost } = pricesOf(setting)
  const mixture = mixtureOf(setting, routings)
  const bound = dot(counts, prices.time) / cost
  if (!(Math.abs(mixture.rate - bound) <= SAME_BOUND * bound)) {
    throw notFound(`finds a routing for ${mixture.rate} of ${bound}`)
  }
  mixture.weights.forEach((weight, i) => {
    routings[i].lineOf.forEach((line, k) => {
      if (line >= 0) share[line * routings[i].lineOf.length + k] += weight
    })
  })
  const perCost = 1000 / cost
  const price = prices.time.map((each) => perCost * each)
  const violationPrice = setting.isTight ? priceOfCare(setting, price) : perCost * prices.miss
  priceUnused(setting, price, violationPrice)
  return { bound: 1000 * scale * bound, price: price.map((each) => scale * each), violationPrice, share }
}

/** The lines of the types in use, each with its type. */
function usedLines(program: FluidProgram, counts: Float64Array): UsedLine[] {
  const lines = Array.from(lineTypesOf(program), (type, line) => ({ line, type }))
  return lines.filter(({ type }) => counts[type] > 0)
}

/** The factor of times with which the mix takes 1 on the fastest line in use: the solver rounds to some decimals. */
function scaleOf(program: FluidProgram, counts: Float64Array): number {
  const { probability, service } = program
  const bins = probability.length
  const times = usedLines(program, counts).map(({ line }) =>
    dot(probability, service.subarray(line * bins, (line + 1) * bins)),
  )
  return 1 / Math.min(...times)
}

/** @returns undefined where even the most careful routing misses the target too often */
function settingOf(program: FluidProgram, counts: Float64Array): Setting | undefined {
  const { probability, violation, epsilon } = program
  const bins = probability.length
  const used = usedLines(program, counts)
  const careful = probability.map((_, k) =>
    Math.min(1, ...used.map(({ line }) => violation[line * bins + k])),
  )
  const missed = dot(probability, careful)
  if (used.length === 0 || missed > epsilon + ROUNDING) return undefined
  const mix = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  return { program, counts, used, mix, careful, isTight: missed >= epsilon - ROUNDING }
}

/** Whether a line misses the target more often than the program leaves room for. */
function isBarred({ program, careful, isTight }: Setting, line: number, k: number): boolean {
  return isTight && program.violation[line * careful.length + k] > careful[k] + ROUNDING
}

/** The routing of least cost at given prices, and its cost less that of the misses that are allowed. */
function cheapestRouting(setting: Setting, prices: Prices): { routing: Routing; cost: number } {
  const { program, counts, used, mix } = setting
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const lineOf = new Int32Array(bins).fill(-1)
  const time = new Float64Array(counts.length)
  let missed = 0
  let cost = -epsilon * prices.miss
  for (const k of mix) {
    let least = Infinity
    let best = used[0]
    for (const each of used) {
      const i = each.line * bins + k
      if (isBarred(setting, each.line, k)) continue
      const own = service[i] * prices.time[each.type] + violation[i] * prices.miss
      const isCarefuller = own === least && violation[i] < violation[best.line * bins + k]
      if (own < least || isCarefuller) {
        least = own
        best = each
      }
    }
    lineOf[k] = best.line
    time[best.type] += probability[k] * service[best.line * bins + k]
    missed += probability[k] * violation[best.line * bins + k]
    cost += probability[k] * least
  }
  return { routing: { lineOf, time, missed }, cost }
}

/** The prices at which the cheapest routing costs most, that cost, and the routings that prove it. */
function pricesOf(setting: Setting): { routings: Routing[]; prices: Prices; cost: number } {
  const types = setting.counts.length
  // the most careful routing first: without it a price of a miss would gain without limit
  const none = { time: new Float64Array(types), miss: 1 }
  const routings = [cheapestRouting(setting, none).routing]
  const known = new Set([routings[0].lineOf.join()])
  let best = { prices: none as Prices, cost: -Infinity }
  let tries = 0
  while (routings.length < MOST_ROUTINGS && tries < PRECISIONS.length) {
    const { prices, ceiling } = pricesFor(setting, routings, PRECISIONS.slice(tries))
    const { routing, cost } = cheapestRouting(setting, prices)
    const perTime = dot(setting.counts, prices.time)
    if (cost / perTime > best.cost / dot(setting.counts, best.prices.time)) best = { prices, cost }
    if (cost >= ceiling * (1 - SAME_COST)) break
    // a known routing costs less than all known ones: the solver has erred
    if (known.has(routing.lineOf.join())) tries++
    else {
      tries = 0
      known.add(routing.lineOf.join())
      routings.push(routing)
    }
  }
  return { routings, ...best }
}

/** Prices at which the known routings cost most, and the least of what these cost. */
function pricesFor(
  { counts, program, isTight }: Setting,
  routings: readonly Routing[],
  precisions: readonly number[],
) {
  const { epsilon } = program
  const total = counts.reduce((sum, count) => sum + count)
  const constraints: Record<string, { max: number }> = { time: { max: 1 } }
  const variables: Record<string, Record<string, number>> = { cost: { cost: 1 }, ...(!isTight && { w: {} }) }
  counts.forEach((count, t) => {
    if (count > 0) variables[`u${t}`] = { time: count / total }
  })
  routings.forEach(({ time, missed }, i) => {
    constraints[`r${i}`] = { max: 0 }
    variables.cost[`r${i}`] = 1
    // a price of all misses that are allowed: that of a single one may be large
    if (!isTight) variables.w[`r${i}`] = 1 - missed / epsilon
    time.forEach((each, t) => {
      if (each > 0) variables[`u${t}`][`r${i}`] = -each
    })
  })
  const solution = solved({ constraints, variables, objective: 'cost' }, precisions)
  const value = (name: string) => Math.max(0, solution.variables.get(name) ?? 0)
  return {
    prices: {
      time: Float64Array.from(counts, (_, t) => value(`u${t}`)),
      miss: isTight ? 0 : value('w') / epsilon,
    },
    ceiling: solution.value,
  }
}

/** The mixture of routings with the largest rate, and the share of each. */
function mixtureOf({ counts, program: { epsilon }, isTight }: Setting, routings: readonly Routing[]) {
  const constraints: Record<string, { max: number }> = { misses: { max: 0 } }
  const variables: Record<string, Record<string, number>> = {}
  counts.forEach((count, t) => {
    if (count > 0) constraints[`u${t}`] = { max: 1 }
  })
  routings.forEach(({ time, missed }, i) => {
    const column: Record<string, number> = { rate: 1, misses: isTight ? 0 : missed / epsilon - 1 }
    time.forEach((each, t) => {
      if (each > 0) column[`u${t}`] = each / counts[t]
    })
    variables[`r${i}`] = column
  })
  const solution = solved({ constraints, variables, objective: 'rate' })
  const rates = routings.map((_, i) => Math.max(0, solution.variables.get(`r${i}`) ?? 0))
  const total = rates.reduce((sum, rate) => sum + rate, 0)
  // the rate at which these shares keep the busiest type busy
  const load = counts.map((count, t) => {
    return count > 0 ? routings.reduce((sum, { time }, i) => sum + rates[i] * time[t], 0) / count : 0
  })
  return { rate: total / Math.max(...load), weights: rates.map((rate) => rate / total) }
}

/** The price of a miss from which lines that miss the target too often serve no bin. */
function priceOfCare(setting: Setting, price: Float64Array): number {
  const { program, used, mix, careful } = setting
  const { service, violation } = program
  const bins = careful.length
  const timeCost = ({ line, type }: UsedLine, k: number) => service[line * bins + k] * price[type]
  let highest = 0
  for (const k of mix) {
    const taken = used.filter(({ line }) => !isBarred(setting, line, k))
    const paid = Math.min(...taken.map((each) => timeCost(each, k)))
    for (const each of used) {
      if (!isBarred(setting, each.line, k)) continue
      highest = Math.max(highest, (paid - timeCost(each, k)) / (violation[each.line * bins + k] - careful[k]))
    }
  }
  return highest
}

/** Sets the prices of types that are not in use: the lowest at which they serve no bin more cheaply. */
function priceUnused({ program, counts, used, mix }: Setting, price: Float64Array, violationPrice: number) {
  const { service, violation } = program
  const bins = program.probability.length
  const cost = (line: number, type: number, k: number) => {
    return service[line * bins + k] * price[type] + violation[line * bins + k] * violationPrice
  }
  const least = mix.map((k) => Math.min(...used.map(({ line, type }) => cost(line, type, k))))
  lineTypesOf(program).forEach((type, line) => {
    if (counts[type] > 0) return
    mix.forEach((k, i) => {
      const cell = line * bins + k
      price[type] = Math.max(price[type], (least[i] - violation[cell] * violationPrice) / service[cell])
    })
  })
}

/** @throws KairosError KERNEL where the solver finds no optimum at any precision */
function solved(
  model: LinearProgram,
  precisions: readonly number[] = PRECISIONS,
): Solution & { readonly status: 'optimal' } {
  for (const precision of precisions) {
    const solution = solve(model, precision)
    if (solution.status === 'optimal' && solution.value > 0) return solution
  }
  throw notFound('finds no optimum, which exists')
}

function notFound(problem: string): KairosError {
  const cure = 'use the wasm kernel'
  return new KairosError('KERNEL', `javascript-lp-solver ${problem}`, { field: 'kernel' }, cure)
}
