/**
 * Good rows by local search: a beam of the best configurations moves to better neighbours, which have one instance
 * more, less or exchanged. It starts from the relaxation rounded down, and from every single type.
 */
import type { Kernel, Lattice, Rank } from '../../kernel/contract.ts'
import { compareRanks, costOf, numberOf } from '../../kernel/lattice.ts'
import type { FluidSpace } from './lattice.ts'
import { relax } from './relaxation.ts'

/** Rounds of the search, and the rows that each round continues from. */
const ROUNDS = 24
const BEAM = 48

/**
 * @param isDue whether the search ends after the round that is done
 * @returns at least `limit` rows if so many were found, best first
 */
export function climb(
  kernel: Kernel,
  space: FluidSpace,
  limit: number,
  byCost: boolean,
  isDue: () => boolean = () => false,
): Rank[] {
  const { lattice, program } = space
  const known = new Map<number, Rank>()
  const order = (a: Rank, b: Rank) => compareRanks(a, b, byCost)
  let beam: number[][] = starts(kernel, space)
  for (let round = 0; round < ROUNDS && beam.length > 0; round++) {
    const near = beam.flatMap((counts) => neighbours(lattice, counts))
    const unseen = new Map(near.map((counts) => [numberOf(lattice, counts), counts]))
    for (const number of known.keys()) unseen.delete(number)
    const { bound } = kernel.fluidBounds({ program, counts: Float64Array.from([...unseen.values()].flat()) })
    const ranks = Array.from(unseen, ([number, counts], i) => ({
      bound: bound[i],
      cost: costOf(lattice, counts),
      number,
    }))
    for (const rank of ranks) known.set(rank.number, rank)
    beam = ranks
      .sort(order)
      .slice(0, BEAM)
      .map(({ number }) => unseen.get(number)!)
    if (isDue()) break
  }
  return [...known.values()]
    .filter((row) => row.bound > 0)
    .sort(order)
    .slice(0, Math.max(limit, BEAM))
}

/** The relaxation rounded down, and for each type the smallest configuration filled up with it. */
function starts(kernel: Kernel, space: FluidSpace): number[][] {
  const { lattice } = space
  const least = Array.from(lattice.min)
  const isAffordable = (counts: number[]) => costOf(lattice, counts) <= lattice.budget
  const filledWith = (t: number) => {
    const counts = [...least]
    while (counts[t] + 1 < lattice.min[t] + lattice.size[t]) {
      counts[t]++
      if (isAffordable(counts)) continue
      counts[t]--
      break
    }
    return counts
  }
  const { counts } = relax(kernel, space)
  const rounded = least.map((min, t) => Math.max(min, Math.floor(counts[t])))
  return [rounded, ...least.map((_, t) => filledWith(t))].filter(isAffordable)
}

/** The configuration itself, and every valid one with an instance more, less, or exchanged. */
function neighbours(lattice: Lattice, counts: readonly number[]): number[][] {
  const found = [[...counts]]
  for (let add = -1; add < counts.length; add++) {
    for (let drop = -1; drop < counts.length; drop++) {
      if (add === drop) continue
      const next = [...counts]
      if (add >= 0) next[add]++
      if (drop >= 0) next[drop]--
      const inside = next.every((n, t) => n >= lattice.min[t] && n < lattice.min[t] + lattice.size[t])
      if (inside && next.some((n) => n > 0) && costOf(lattice, next) <= lattice.budget) found.push(next)
    }
  }
  return found
}
