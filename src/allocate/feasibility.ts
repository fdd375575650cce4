/**
 * Why no configuration is feasible under the fluid bound, and for each limit the smallest change that helps alone.
 *
 * Whether a configuration can keep the percentile depends only on its set of types. The most careful routing sends
 * every bin to the type that is least likely to miss, so a set of types is feasible if
 *
 *   Σ_k p_k min_t v_tk <= ε      (p mix, v probability of missing QoS, ε the share that may miss)
 *
 * where v_tk is the least over the lines of the fluid program that a type has: with batches these are its modes.
 * There are at most 2^16 sets, so all of them are enumerated.
 */

import { spaceProgram } from '../bound/fluid.ts'
import type { FluidProgram } from '../kernel/contract.ts'
import { lineTypesOf } from '../kernel/fluid-lines.ts'
import { firstIndex } from '../model/first-index.ts'
import {
  baseOf,
  budgetFor,
  type Counts,
  costLimit,
  costOf,
  type Space,
  typesInUse,
} from '../model/fleet/space.ts'
import type { Infeasible, Remedy } from '../model/results/infeasible.ts'
import type { Service } from '../model/workload/service.ts'
import { LEAST_PERCENTILE, type Workload } from '../model/workload/workload.ts'

/**
 * Explains why no configuration of a space is feasible.
 *
 * @param program the fluid program of the workload over the types of the space
 * @param service whether its service times are sampled, as by default, or means
 */
export function explainInfeasible(
  workload: Workload,
  space: Space,
  program: FluidProgram,
  service?: Service,
): Infeasible {
  const sets = [...typeSets(space)]
  const missed = missedShares(program, space)
  const allowed = program.epsilon + TOLERANCE
  const keeps = (set: TypeSet) => missed(set.members) <= allowed
  const forbidden = (set: TypeSet) => set.members.filter((t) => space.types[t].max === 0)
  const rentable = (set: TypeSet) => forbidden(set).length === 0
  const affordable = (set: TypeSet) => set.cost <= costLimit(space)

  const remedies: Remedy[] = []
  const serving = sets.filter((set) => rentable(set) && keeps(set))
  const cheapest = least(serving, (set) => set.cost)
  if (cheapest && !affordable(cheapest)) remedies.push(raiseBudget(space, cheapest.counts))
  const lowered = leastLowering(space, (set) => rentable(set) && keeps(set))
  if (lowered) remedies.push(lowered)
  const paid = sets.filter((set) => affordable(set) && keeps(set))
  const raised = least(paid, (set) => forbidden(set).length)
  if (raised && !rentable(raised)) {
    const names = forbidden(raised).map((t) => space.types[t].name)
    remedies.push({ limit: 'maximum', message: `allow an instance of ${names.join(' and of ')}` })
  }
  // a larger set never misses more, so the sets to which no type can be added are enough
  const within = sets.filter((set) => rentable(set) && affordable(set) && isLargest(space, set))
  const looser = leastQos(workload, (qosMs) => {
    const looserProgram = spaceProgram({ ...workload, qosMs }, space, service)
    const missedThen = missedShares(looserProgram, space)
    return within.some((set) => missedThen(set.members) <= allowed)
  })
  if (looser < Infinity && looser > workload.qosMs) {
    remedies.push({ limit: 'qos', value: looser, message: `loosen QoS to ${looser} ms` })
  }
  const shares = within.map((set) => missed(set.members))
  const careful = least(shares, (share) => share)
  if (careful !== undefined && careful > allowed && careful <= 1 - LEAST_PERCENTILE / 100) {
    // rounded down to a thousandth of a percent, so that it is feasible; a sum that rounding errors left just below a
    // thousandth counts as that thousandth
    const value = Math.floor(100_000 * (1 - careful + TOLERANCE / 2)) / 1000
    remedies.push({ limit: 'percentile', value, message: `lower the percentile to ${value}` })
  }
  return infeasibleFor(remedies)
}

/** The same for the closed form, which ranks only configurations with an instance of the base type. */
export function explainNoBase(space: Space): Infeasible {
  const base = baseOf(space)
  const { name, max } = space.types[base]
  const counts = space.types.map(({ min = 0 }, t) => (t === base ? Math.max(1, min) : min))
  const isAffordable = costOf(space, counts) <= costLimit(space)
  if (max === 0) {
    const allow: Remedy = { limit: 'maximum', message: `allow an instance of ${name}, the base type` }
    return infeasibleFor(isAffordable ? [allow] : [])
  }
  const lowered = leastLowering(space, ({ members }) => members.includes(base))
  return infeasibleFor([raiseBudget(space, counts), ...(lowered ? [lowered] : [])])
}

/** The answer to a problem without a feasible configuration. */
export function infeasibleFor(remedies: readonly Remedy[]): Infeasible {
  const budget = remedies.find((remedy) => remedy.limit === 'budget')?.value
  return {
    limits: remedies.map((remedy) => remedy.limit),
    message: remedies.length > 0 ? remedies.map((remedy) => remedy.message).join(', or ') : NO_REMEDY,
    remedies,
    ...(budget !== undefined && { smallestBudget: budget }),
  }
}

/** The answer where no single change is known to help. @param limits what a larger change may raise or lower */
export function withoutRemedy(message: string, limits: Infeasible['limits'] = []): Infeasible {
  return { limits, message, remedies: [] }
}

/** Why a larger budget alone does not help. */
export function tooFewInstances(spare: number): string {
  return `all instances of the space together do not reach the target${afterLossOf(spare)}: raise a maximum of the space`
}

/** What a target is kept despite, behind it. */
export function afterLossOf(spare: number): string {
  return ['', ' after the loss of one instance'][spare] ?? ` after the loss of ${spare} instances`
}

/** Every instance that a space allows. */
export function largestCounts({ types }: Space): Counts {
  return types.map(({ max }) => max)
}

/**
 * Rounds a rate, queries per second, down, so that it is reached as a target: to a thousandth, or below 1 to four
 * significant digits.
 */
export function roundedDown(qps: number): number {
  if (qps <= 0) return 0
  const steps = 10 ** Math.max(3, 3 - Math.floor(Math.log10(qps)))
  return Math.floor(qps * steps) / steps
}

function raiseBudget(space: Space, counts: Counts): Remedy {
  const value = budgetFor(costOf(space, counts))
  const parts = counts.flatMap((count, t) => (count > 0 ? [`${count} ${space.types[t].name}`] : []))
  return {
    limit: 'budget',
    value,
    message: `raise the budget to $${value} an hour (${parts.join(' + ')})`,
  }
}

/** The lower minima with which a set of types that serves is within the budget, with the fewest instances less. */
function leastLowering(space: Space, serves: (set: TypeSet) => boolean): Remedy | undefined {
  const { types } = space
  if (!types.some(({ min = 0 }) => min > 0)) return
  const withoutMinima = { ...space, types: types.map((type) => ({ ...type, min: 0 })) }
  let fewest = Infinity
  let best: Counts | undefined
  for (const set of typeSets(withoutMinima)) {
    if (set.cost > costLimit(space) || !serves(set)) continue
    const minima = affordableMinima(space, set)
    const taken = types.reduce((sum, { min = 0 }, t) => sum + min - minima[t], 0)
    if (taken < fewest) [fewest, best] = [taken, minima]
  }
  if (best === undefined) return
  const minima = best
  const parts = types.flatMap(({ name, min = 0 }, t) =>
    minima[t] < min ? [`of ${name} to ${minima[t]}`] : [],
  )
  return { limit: 'minimum', message: `lower the smallest count ${parts.join(' and ')}` }
}

/** The minima that leave room for a set of types within the budget, lowered where an instance costs most first. */
function affordableMinima(space: Space, { members }: TypeSet): Counts {
  const { types } = space
  const counts = types.map(({ min = 0 }, t) => (members.includes(t) ? Math.max(1, min) : min))
  const dearestFirst = types.map((_, t) => t).sort((a, b) => types[b].pricePerHour - types[a].pricePerHour)
  for (const t of dearestFirst) {
    const excess = costOf(space, counts) - costLimit(space)
    if (excess <= 0) break
    const spare = counts[t] - (members.includes(t) ? 1 : 0)
    counts[t] -= Math.min(spare, Math.ceil(excess / types[t].pricePerHour))
  }
  return counts.map((count, t) => Math.min(count, types[t].min ?? 0))
}

const NO_REMEDY = 'no single limit helps: change the types, the target or the budget together'

/** The tolerance of sums of probabilities, as in the kernel. */
const TOLERANCE = 1e-12

/** A set of types with the cheapest configuration that has all of them. */
interface TypeSet {
  readonly members: readonly number[]
  readonly counts: Counts
  readonly cost: number
}

function* typeSets(space: Space): Generator<TypeSet> {
  for (let mask = 0; mask < 1 << space.types.length; mask++) {
    const counts = space.types.map(({ min = 0 }, t) => ((mask >> t) & 1 ? Math.max(1, min) : min))
    const members = typesInUse(counts)
    // a type with a minimum is in every set: without it in the mask, the same set would come again
    if (members.every((t) => (mask >> t) & 1)) yield { members, counts, cost: costOf(space, counts) }
  }
}

function isLargest(space: Space, { members, counts }: TypeSet): boolean {
  return !space.types.some(({ max }, t) => {
    if (max === 0 || members.includes(t)) return false
    return costOf(space, counts.with(t, 1)) <= costLimit(space)
  })
}

/** @returns the share of queries that miss the target under the most careful routing over a set of types */
function missedShares(program: FluidProgram, space: Space) {
  const { probability, violation } = program
  const bins = probability.length
  const lineTypes = lineTypesOf(program)
  const leastOfType = new Float64Array(space.types.length * bins).fill(1)
  violation.forEach((share, cell) => {
    const at = lineTypes[Math.floor(cell / bins)] * bins + (cell % bins)
    leastOfType[at] = Math.min(leastOfType[at], share)
  })
  return (members: readonly number[]): number => {
    let sum = 0
    for (let k = 0; k < bins; k++) {
      let lowest = 1
      for (const t of members) lowest = Math.min(lowest, leastOfType[t * bins + k])
      sum += probability[k] * lowest
    }
    return sum
  }
}

/**
 * The smallest target that passes, to a hundredth of a millisecond, or to four significant digits if the present target
 * is below 10 ms; Infinity where the largest service time does not pass.
 */
function leastQos({ latency, qosMs }: Workload, passes: (qosMs: number) => boolean): number {
  const largest = (times: Float64Array) => times.reduce((most, ms) => Math.max(most, ms), 0)
  const largestMs = Math.max(largest(latency.knotsMs), largest(latency.meanMs))
  const digits = Math.min(3 - Math.floor(Math.log10(qosMs)), 15 - Math.ceil(Math.log10(largestMs)))
  // steps per millisecond, a power of ten: the quotient is the double nearest to the decimal
  const steps = 10 ** Math.max(2, digits)
  const last = Math.ceil(steps * largestMs)
  if (!passes(last / steps)) return Infinity
  return firstIndex(last, (step) => step > 0 && passes(step / steps)) / steps
}

function least<T>(items: readonly T[], key: (item: T) => number): T | undefined {
  let best: T | undefined
  for (const item of items) if (best === undefined || key(item) < key(best)) best = item
  return best
}
