/**
 * The lattice in plain TypeScript: every configuration is written out, bounded, and sorted. It says what
 * the kernel in WebAssembly computes; the operations and their order are the same, so the bits are too.
 */
import type { ClosedForm, Lattice, LatticeScan, LatticeSelect, Rank, Selection } from '../contract.ts'

export function scanLattice({ lattice, closedForm, from, to }: LatticeScan): Float64Array {
  const bounds = new Float64Array(to - from)
  const counts = countsAt(lattice, from)
  for (let number = from; number < to; number++) {
    if (costOf(lattice, counts) <= lattice.budget) bounds[number - from] = closedFormBound(closedForm, counts)
    nextCounts(lattice, counts)
  }
  return bounds
}

export function selectLattice(input: LatticeSelect): Selection {
  const { lattice, closedForm, from, to, limit, after, byCost } = input
  let rows: Rank[] = []
  let withinBudget = 0
  let feasible = 0
  const counts = countsAt(lattice, from)
  for (let number = from; number < to; number++, nextCounts(lattice, counts)) {
    const cost = costOf(lattice, counts)
    if (cost > lattice.budget || counts.every((count) => count === 0)) continue
    withinBudget++
    const bound = closedFormBound(closedForm, counts)
    if (bound === 0) continue
    feasible++
    const row = { bound, cost, number }
    if (after && compareRanks(row, after, byCost) <= 0) continue
    rows.push(row)
    if (rows.length >= limit + 100_000) rows = best(rows, limit, byCost)
  }
  rows = best(rows, limit, byCost)
  return {
    withinBudget,
    feasible,
    bound: Float64Array.from(rows, (row) => row.bound),
    cost: Float64Array.from(rows, (row) => row.cost),
    number: Float64Array.from(rows, (row) => row.number),
  }
}

function best(rows: Rank[], limit: number, byCost: boolean): Rank[] {
  return rows.sort((a, b) => compareRanks(a, b, byCost)).slice(0, limit)
}

/** The total order of a ranking: negative where `a` comes first. */
export function compareRanks(a: Rank, b: Rank, byCost: boolean): number {
  return b.bound - a.bound || (byCost ? a.cost - b.cost : 0) || a.number - b.number
}

/** The counts of configuration `number`, last axis fastest. */
export function countsAt({ min, size }: Lattice, number: number): number[] {
  const counts = Array.from(min)
  let rest = number
  for (let t = size.length - 1; t >= 0; t--) {
    const digit = rest % size[t]
    counts[t] += digit
    rest = (rest - digit) / size[t]
  }
  return counts
}

export function nextCounts({ min, size }: Lattice, counts: number[]): void {
  let t = counts.length - 1
  while (t >= 0 && counts[t] === min[t] + size[t] - 1) {
    counts[t] = min[t]
    t--
  }
  if (t >= 0) counts[t]++
}

export function costOf({ price }: Lattice, counts: number[]): number {
  let cost = 0
  for (let t = 0; t < counts.length; t++) cost += counts[t] * price[t]
  return cost
}

/**
 * The published estimate, in queries a second: the smaller of what the base can do when it serves only
 * large queries, and of what all can do when the auxiliaries serve their share of the small ones.
 */
export function closedFormBound(form: ClosedForm, counts: readonly number[]): number {
  const { base, baseRate, cutoff, smallShare, timeShare, rate } = form
  const bases = counts[base]
  if (bases === 0) return 0
  let small = -1
  let time = -1
  let widest = -1
  for (let t = 0; t < counts.length; t++) {
    if (t === base || counts[t] === 0) continue
    small = Math.max(small, smallShare[t])
    time = Math.max(time, timeShare[t])
    widest = Math.max(widest, cutoff[t])
  }
  if (widest < 0) return bases * baseRate
  let rates = 0
  for (let t = 0; t < counts.length; t++) {
    if (t !== base) rates += counts[t] * rate[widest * counts.length + t]
  }
  const busy = bases * (baseRate / (1 - time))
  const split = bases * baseRate + rates * (time / small)
  return Math.min(busy, split)
}
