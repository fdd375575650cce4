import type { Lattice } from '../kernel/contract.ts'
import type { Space } from '../model/space.ts'

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
