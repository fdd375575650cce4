import type { Lattice } from '../kernel/contract.ts'
import { baseOf, type Counts, costOf, type Space } from '../model/space.ts'

/** The box of a space as a kernel takes it. */
export function latticeOf(space: Space): Lattice {
  return {
    min: Float64Array.from(space.types, (type) => type.min),
    size: Float64Array.from(space.types, (type) => type.max - type.min + 1),
    price: Float64Array.from(space.types, (type) => type.pricePerHour),
    budget: space.budgetPerHour,
  }
}

/** The counts of the configuration with a number: mixed radix, the last type fastest. */
export function countsAt(space: Space, number: number): number[] {
  const counts = new Array<number>(space.types.length)
  let rest = number
  for (let t = counts.length - 1; t >= 0; t--) {
    const { min, max } = space.types[t]
    const size = max - min + 1
    // exact below 2^53, and ten times as fast as the remainder of doubles
    const above = Math.floor(rest / size)
    counts[t] = min + (rest - above * size)
    rest = above
  }
  return counts
}

/**
 * The cheapest configuration that has an instance of the base type, or of any type where `anyType` is set;
 * undefined where the maxima leave none.
 */
export function cheapestServing(
  space: Space,
  anyType: boolean,
): { counts: Counts; cost: number } | undefined {
  const least = space.types.map((type) => type.min)
  const raised = (t: number) => least.map((count, i) => (i === t ? Math.max(1, count) : count))
  const candidates = (anyType ? space.types.map((_, t) => t) : [baseOf(space)])
    .filter((t) => space.types[t].max > 0)
    .map((t) => ({ counts: raised(t), cost: costOf(space, raised(t)) }))
  return candidates.sort((a, b) => a.cost - b.cost)[0]
}
