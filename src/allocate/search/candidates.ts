import { countsAt } from '../../kernel/lattice.ts'
import type { Infeasible } from '../../model/results/infeasible.ts'
import type { Candidate } from '../../model/results/search.ts'
import { dollars } from '../../model/space.ts'
import { type CheapestRequest, cheapestConfigurations } from '../cheapest/cheapest.ts'
import type { FluidSpace } from '../select/lattice.ts'
import { type RankedPage, rankedPages } from '../select/pages.ts'
import type { SelectSetting } from '../select/setting.ts'

/** Rows of a page of a ranking. */
const PAGE = 256

/** Rows of the first page of the cheapest; every later page also computes all rows before it. */
const CHEAPEST_PAGE = 64

/** The feasible configurations in descending order of their bounds. */
export function candidatesByBound(space: FluidSpace, setting: SelectSetting) {
  let counted: Pick<RankedPage, 'withinBudget' | 'feasible'> = {}
  return {
    /** How many configurations there are; empty before the first candidate, and where they are not enumerated. */
    counted: () => counted,
    candidates: (async function* (): AsyncGenerator<Candidate> {
      let isFirst = true
      for await (const { withinBudget, feasible, bound, cost, number } of rankedPages(space, PAGE, setting)) {
        if (isFirst && withinBudget !== undefined && feasible !== undefined)
          counted = { withinBudget, feasible }
        isFirst = false
        for (const [i, value] of bound.entries()) {
          const counts = countsAt(space.lattice, number[i])
          yield { counts, costPerHour: dollars(cost[i]), bound: value }
        }
      }
    })(),
  }
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
