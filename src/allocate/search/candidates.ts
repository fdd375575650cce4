import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { FluidProgram } from '../../kernel/contract.ts'
import { countsAt } from '../../kernel/lattice.ts'
import { dollars } from '../../model/fleet/space.ts'
import type { Infeasible } from '../../model/results/infeasible.ts'
import type { Candidate } from '../../model/results/search.ts'
import { type CheapestRequest, cheapestConfigurations } from '../cheapest/cheapest.ts'
import type { FluidSpace } from '../select/lattice.ts'
import { type RankedPage, rankedPages } from '../select/pages.ts'
import type { SelectSetting } from '../select/setting.ts'

/** A candidate, and the largest bound of it and of all that follow. */
export interface Ordered {
  readonly candidate: Candidate
  readonly remainingBound: number
}

/** Rows of a page of a ranking. */
const PAGE = 256

/** Rows of the first page of the cheapest; every later page also computes all rows before it. */
const CHEAPEST_PAGE = 64

/**
 * The feasible configurations in descending order of their bounds; page by page in that of `score`, if there is one.
 *
 * @param score a program whose bounds say better than those of the space which configuration measures best
 */
export function candidatesByBound(space: FluidSpace, setting: SelectSetting, score?: FluidProgram) {
  let counted: Pick<RankedPage, 'withinBudget' | 'feasible'> = {}
  return {
    /** How many configurations there are; empty before the first candidate, and where they are not enumerated. */
    counted: () => counted,
    candidates: (async function* (): AsyncGenerator<Ordered> {
      let isFirst = true
      for await (const { withinBudget, feasible, bound, cost, number } of rankedPages(space, PAGE, setting)) {
        if (isFirst && withinBudget !== undefined && feasible !== undefined)
          counted = { withinBudget, feasible }
        isFirst = false
        const page = Array.from(bound, (value, i): Candidate => {
          return { counts: countsAt(space.lattice, number[i]), costPerHour: dollars(cost[i]), bound: value }
        })
        const ordered = score ? byScore(page, score, setting) : page
        const most = remainingBounds(ordered)
        for (const [i, candidate] of ordered.entries()) yield { candidate, remainingBound: most[i] }
      }
    })(),
  }
}

function byScore(page: readonly Candidate[], score: FluidProgram, { here }: SelectSetting): Candidate[] {
  const all = page.map(({ counts }) => counts)
  const { bound } = fluidBoundsOf(here, score, all)
  // of equal scores the one with the larger bound, which comes first in the page
  return Array.from(page.keys())
    .sort((a, b) => bound[b] - bound[a] || a - b)
    .map((i) => page[i])
}

/** The largest bound of each candidate and all that follow. */
function remainingBounds(candidates: readonly Candidate[]): number[] {
  const remaining = candidates.map(({ bound }) => bound)
  for (let i = remaining.length - 2; i >= 0; i--) remaining[i] = Math.max(remaining[i], remaining[i + 1])
  return remaining
}

/** The configurations whose bound reaches a target, cheapest first. */
export function candidatesByCost(request: CheapestRequest) {
  let infeasible: Infeasible | undefined
  return {
    /** Why there is no candidate, where there is none. */
    unreachable: () => infeasible,
    candidates: (async function* (): AsyncGenerator<Candidate> {
      let given = 0
      for (let wanted = CHEAPEST_PAGE; ; wanted *= 4) {
        const page = await cheapestConfigurations({ ...request, topN: wanted })
        infeasible = page.infeasible
        for (const { counts, costPerHour, bound } of page.rows.slice(given))
          yield { counts, costPerHour, bound }
        if (page.rows.length < wanted) return
        given = page.rows.length
      }
    })(),
  }
}
