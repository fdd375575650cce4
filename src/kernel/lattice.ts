// Configurations of a lattice and their order, for the host and the fallback.
import { dot } from '../model/dot.ts'
import type { Lattice, Rank, RankColumns } from './contract.ts'

/** The counts of a lattice, whatever they cost. */
export type CountRanges = Pick<Lattice, 'min' | 'size'>

/** The counts 0 to `most` of each type. */
export function rangesUpTo(most: ArrayLike<number>): CountRanges {
  return { min: new Float64Array(most.length), size: Float64Array.from(most, (count) => count + 1) }
}

/** The total order of a ranking: negative where `a` comes first. */
export function compareRanks(a: Rank, b: Rank, byCost: boolean): number {
  return b.bound - a.bound || (byCost ? compareCosts(a.cost, b.cost) : 0) || a.number - b.number
}

/** Costs are compared in billionths of a dollar: three times $0.1 costs as much as $0.3, in spite of rounding. */
export function compareCosts(a: number, b: number): number {
  return a === b ? 0 : billionthsOf(a) - billionthsOf(b)
}

function billionthsOf(cost: number): number {
  return Math.floor(cost * 1e9 + 0.5)
}

/** The counts of configuration `number`: mixed radix, the last axis fastest. */
export function countsAt({ min, size }: CountRanges, number: number): number[] {
  const counts = new Array<number>(size.length)
  let rest = number
  for (let t = size.length - 1; t >= 0; t--) {
    // exact below 2^53, and ten times as fast as the remainder of doubles
    const above = Math.floor(rest / size[t])
    counts[t] = min[t] + (rest - above * size[t])
    rest = above
  }
  return counts
}

/** The number of a configuration. */
export function numberOf({ min, size }: CountRanges, counts: readonly number[]): number {
  return counts.reduce((number, n, t) => number * size[t] + (n - min[t]), 0)
}

/** Changes counts to those of the next configuration; after the last one to those of the first. */
export function nextCounts({ min, size }: CountRanges, counts: number[]): void {
  let t = counts.length - 1
  while (t >= 0 && counts[t] === min[t] + size[t] - 1) {
    counts[t] = min[t]
    t--
  }
  if (t >= 0) counts[t]++
}

/** The number of configurations. */
export function configurationsOf({ size }: CountRanges): number {
  return size.reduce((product, counts) => product * counts, 1)
}

/** By type: how far the numbers of two successive counts are apart; the last type has 1. */
export function stridesOf({ size }: CountRanges): Float64Array {
  const strides = new Float64Array(size.length).fill(1)
  for (let t = size.length - 2; t >= 0; t--) strides[t] = strides[t + 1] * size[t + 1]
  return strides
}

/** Cost per hour. */
export function costOf({ price }: Lattice, counts: ArrayLike<number>): number {
  return dot(counts, price)
}

export function columnsOf(ranks: readonly Rank[]): RankColumns {
  return {
    bound: Float64Array.from(ranks, (rank) => rank.bound),
    cost: Float64Array.from(ranks, (rank) => rank.cost),
    number: Float64Array.from(ranks, (rank) => rank.number),
  }
}

export function ranksOf({ bound, cost, number }: RankColumns): Rank[] {
  return Array.from(bound, (_, i) => ({ bound: bound[i], cost: cost[i], number: number[i] }))
}
