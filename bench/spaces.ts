import type { ClosedForm, FluidProgram, Lattice } from '../src/kernel/contract.ts'
import type { Space } from '../src/model/fleet/space.ts'

export const PUBLISHED_TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

/** The prices of the published types; more types repeat them. */
const PRICES = [0.526, 0.432, 0.149, 0.1664]

/** A box with `sizes[t]` counts of type t, from 0, and a budget that buys all of them. */
export function boxOf(sizes: readonly number[], budgetPerHour = 1e6): Space {
  return {
    types: sizes.map((size, t) => ({
      name: `type${t}`,
      min: 0,
      max: size - 1,
      pricePerHour: PRICES[t % PRICES.length],
      base: false,
    })),
    budgetPerHour,
  }
}

/** Every configuration of a space, whatever it costs. */
export function configurations(space: Space): number[][] {
  return space.types.reduce<number[][]>(
    (rows, { min = 0, max }) =>
      rows.flatMap((row) => Array.from({ length: max - min + 1 }, (_, i) => [...row, min + i])),
    [[]],
  )
}

export function latticeOfBox(sizes: readonly number[]): Lattice {
  return {
    min: new Float64Array(sizes.length),
    size: Float64Array.from(sizes),
    price: Float64Array.from(sizes, (_, t) => PRICES[t % PRICES.length]),
    budget: 1e6,
  }
}

/** A closed form like the published one: a base, three cutoffs, and rates that fall with wider cutoffs. */
export function closedFormOf(types: number): ClosedForm {
  const rates = [0, 10.73, 10.39, 6.39]
  return {
    base: 0,
    baseRate: 15.04,
    cutoff: Int32Array.from({ length: types }, (_, t) => (t + 2) % 3),
    smallShare: Float64Array.from({ length: types }, (_, t) => [0, 0.989, 0.984, 0.837][t % 4]),
    timeShare: Float64Array.from({ length: types }, (_, t) => [0, 0.959, 0.941, 0.614][t % 4]),
    rate: Float64Array.from({ length: 3 * types }, (_, i) => {
      const t = i % types
      return t === 0 ? 0 : (rates[t % 4] || 8) * (1 - 0.05 * Math.floor(i / types)) * (1 + 0.01 * t)
    }),
  }
}

/**
 * A fluid program like the published one: service times grow along the bins, for each type at its own rate. Slow types
 * are late from some bin on; in the tenth of the bins before it they are late sometimes.
 */
export function fluidProgramOf(types: number, bins: number): FluidProgram {
  const cells = Array.from({ length: types * bins }, (_, i) => [Math.floor(i / bins), (i % bins) / bins])
  const growth = (t: number) => 20 + 30 * ((t * 0.618) % 1) * (1 + t / 4)
  const late = (t: number) => (t === 0 ? 2 : 0.2 + 0.8 * ((t * 0.382) % 1))
  const weights = Array.from({ length: bins }, (_, k) => 1 + 4 * Math.exp(-(((8 * k) / bins - 1.5) ** 2)))
  const sum = weights.reduce((a, b) => a + b)
  return {
    probability: Float64Array.from(weights, (weight) => weight / sum),
    service: Float64Array.from(cells, ([t, at]) => 2 + t / 8 + growth(t) * at ** (0.8 + (t % 5) / 10)),
    violation: Float64Array.from(cells, ([t, at]) => Math.min(1, Math.max(0, (at - late(t)) * 10))),
    epsilon: 0.01,
  }
}
