/**
 * Good rows by local search: a beam of the best configurations moves to better neighbours, which have one instance
 * more, less or exchanged. It starts from the relaxation rounded down, and from every single type.
 */
import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { Kernel, Lattice, Rank } from '../../kernel/contract.ts'
import { compareRanks, costOf, numberOf } from '../../kernel/lattice.ts'
import { nextTurn } from '../../kernel/next-turn.ts'
import type { FluidSpace } from './lattice.ts'
import { relax } from './relaxation.ts'
import type { SelectSetting } from './setting.ts'

/** Rounds of the search, and the rows that each round continues from. */
const ROUNDS = 24
const BEAM = 48

/** An early end ends the search no sooner than this: its rows may be all that there are. */
const LEAST_MS = 150

/** Cells of service times that are bounded at a time: some tens of milliseconds. */
const CELLS = 2 ** 20

/**
 * The number of configurations that are bounded at a time does not depend on the clock, so the result does not either,
 * unless there is an early end.
 *
 * @returns at least `limit` rows if so many were found, best first
 * @throws the reason of an aborted signal
 */
export async function climb(
  space: FluidSpace,
  limit: number,
  byCost: boolean,
  { kernel, here, signal, end }: SelectSetting,
): Promise<Rank[]> {
  const { lattice, program } = space
  const leastEnd = performance.now() + LEAST_MS
  const isDue = () => end.isDue() && performance.now() >= leastEnd
  // in the fallback a configuration takes about a millisecond, and with 16 types about a second
  const atATime = kernel === 'fallback' ? 1 : Math.ceil(CELLS / program.service.length)
  const known = new Map<number, Rank>()
  const order = (a: Rank, b: Rank) => compareRanks(a, b, byCost)
  let beam: number[][] = starts(here, space, isDue)
  for (let round = 0; round < ROUNDS && beam.length > 0; round++) {
    const near = beam.flatMap((counts) => neighbours(lattice, counts))
    const unseen = new Map(near.map((counts) => [numberOf(lattice, counts), counts]))
    for (const number of known.keys()) unseen.delete(number)
    const ranks = Array.from(unseen, ([number, counts]) => ({
      bound: 0,
      cost: costOf(lattice, counts),
      number,
    }))
    for (let from = 0; from < ranks.length; from += atATime) {
      const part = ranks.slice(from, from + atATime)
      const counts = part.map(({ number }) => unseen.get(number)!)
      const { bound } = fluidBoundsOf(here, program, counts)
      part.forEach((rank, i) => {
        rank.bound = bound[i]
        known.set(rank.number, rank)
      })
      await nextTurn(signal)
      if (isDue()) return best()
    }
    beam = ranks
      .sort(order)
      .slice(0, BEAM)
      .map(({ number }) => unseen.get(number)!)
  }
  return best()

  function best(): Rank[] {
    return [...known.values()]
      .filter((row) => row.bound > 0)
      .sort(order)
      .slice(0, Math.max(limit, BEAM))
  }
}

/** The relaxation rounded down, and for each type the smallest configuration filled up with it. */
function starts(kernel: Kernel, space: FluidSpace, isDue: () => boolean): number[][] {
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
  const { counts } = relax(kernel, space, isDue)
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
