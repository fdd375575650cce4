/** The fluid bound of one configuration after the other, each by itself. */
import type {
  FluidBounds,
  FluidProgram,
  FluidQuery,
  FluidRouting,
  FluidSearch,
  FluidSelect,
  KernelBounds,
  KernelSelection,
  Rank,
  SearchedSelection,
  Selection,
} from '../contract.ts'
import { typesOf } from '../fluid-lines.ts'
import { columnsOf, compareRanks, costOf, countsAt, nextCounts, ranksOf } from '../lattice.ts'
import { boundByRoutings } from './whole-routings.ts'

export function fluidBounds({ program, counts }: FluidQuery): FluidBounds {
  const types = typesOf(program)
  const rows = Array.from({ length: counts.length / types }, (_, i) =>
    boundByRoutings(program, counts.subarray(i * types, (i + 1) * types)),
  )
  return {
    bound: Float64Array.from(rows, (row) => row.bound),
    price: Float64Array.from(rows.flatMap((row) => Array.from(row.price))),
    violationPrice: Float64Array.from(rows, (row) => row.violationPrice),
  }
}

/** Each configuration is bounded by itself: there is no state. */
export function createBounds(program: FluidProgram): KernelBounds {
  return { begin: () => (counts) => fluidBounds({ program, counts }) }
}

export function fluidRouting({ program, counts }: FluidQuery): FluidRouting {
  return boundByRoutings(program, counts)
}

/** Bounds every configuration of the range and sorts them. */
export function selectFluid(input: FluidSelect): Selection {
  const selection = createSelection(input)
  while (selection.advance() < input.to);
  return selection.finish()
}

/** Configurations beyond the budget that a step of a selection passes over. */
const PASSED_OVER = 1024

/** Bounds one configuration after the other. */
export function createSelection(input: FluidSelect): KernelSelection {
  const { lattice, program, from, to, limit, after, byCost, includeInfeasible } = input
  const rows: Rank[] = []
  let withinBudget = 0
  let feasible = 0
  let number = from
  const counts = countsAt(lattice, from)
  /** Takes the next configuration; returns whether its bound was computed. */
  const take = (): boolean => {
    const cost = costOf(lattice, counts)
    if (cost > lattice.budget || counts.every((count) => count === 0)) return false
    withinBudget++
    const used = Float64Array.from(counts)
    const { bound } = boundByRoutings(program, used)
    if (bound > 0) feasible++
    else if (!includeInfeasible) return true
    const row = { bound, cost, number }
    if (!after || compareRanks(row, after, byCost) > 0) rows.push(row)
    return true
  }
  return {
    advance: () => {
      let isBounded = false
      for (let n = 0; n < PASSED_OVER && number < to && !isBounded; n++) {
        isBounded = take()
        number++
        nextCounts(lattice, counts)
      }
      return number
    },
    finish: () => {
      const best = rows.sort((a, b) => compareRanks(a, b, byCost)).slice(0, limit)
      return { withinBudget, feasible, ...columnsOf(best) }
    },
  }
}

/** Searches nothing: it bounds every configuration of the range. */
export function searchFluid(input: FluidSearch): SearchedSelection {
  const selection = selectFluid(input)
  const { floor, byCost } = input
  const kept = ranksOf(selection).filter((row) => compareRanks(row, floor, byCost) <= 0)
  return { visited: selection.withinBudget, pruned: 0, ...columnsOf(kept) }
}
