/**
 * The lattice in plain TypeScript: every configuration is written out, bounded and sorted. It states what the kernel in
 * WebAssembly computes, with the same operations in the same order, so results are equal bit by bit.
 */
import { closedFormEstimate } from '../closed-form.ts'
import type { LatticeScan, LatticeSelect, Rank, Selection } from '../contract.ts'
import { columnsOf, compareRanks, costOf, countsAt, nextCounts } from '../lattice.ts'

/** Rows that are buffered besides those to select, so that memory is bounded in long ranges. */
const SPARE_ROWS = 100_000

export function scanLattice({ lattice, closedForm, from, to }: LatticeScan): Float64Array {
  const bounds = new Float64Array(to - from)
  const counts = countsAt(lattice, from)
  for (let number = from; number < to; number++) {
    if (costOf(lattice, counts) <= lattice.budget)
      bounds[number - from] = closedFormEstimate(closedForm, counts)
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
    const bound = closedFormEstimate(closedForm, counts)
    if (bound === 0) continue
    feasible++
    const row = { bound, cost, number }
    if (after && compareRanks(row, after, byCost) <= 0) continue
    rows.push(row)
    if (rows.length >= limit + SPARE_ROWS) rows = best(rows, limit, byCost)
  }
  rows = best(rows, limit, byCost)
  return { withinBudget, feasible, ...columnsOf(rows) }
}

function best(rows: Rank[], limit: number, byCost: boolean): Rank[] {
  return rows.sort((a, b) => compareRanks(a, b, byCost)).slice(0, limit)
}
