import { checkGiven, type OptionNames } from '../model/checks.ts'
import { checkSpace, countAffordable, sizeOf } from '../model/fleet/space.ts'
import type { RankedConfiguration } from '../model/results/ranking.ts'
import { type RankRequest, rankConfigurations } from './rank.ts'

/** A space and a workload whose frontier is asked for. It is computed in full, by the fluid bound. */
export interface FrontierRequest
  extends Pick<RankRequest, 'workload' | 'space' | 'threads' | 'kernel' | 'signal' | 'onProgress'> {}

const OPTIONS: OptionNames<FrontierRequest> = {
  workload: true,
  space: true,
  threads: true,
  kernel: true,
  signal: true,
  onProgress: true,
}

/** The largest space whose frontier is computed beside a ranking; of a larger one, the most configurations within that budget. */
const MOST_CONFIGURATIONS = 3e6
const MOST_AFFORDABLE = 3e5

/** How far beyond the budget the frontier reaches. */
const BEYOND_BUDGET = 1.5

/**
 * The frontier of cost and fluid bound up to half more than the budget: what a larger or smaller budget would buy.
 *
 * @returns the frontier, highest bound first; undefined for a space of more than three million configurations of which that
 *   budget leaves more than 300,000
 * @throws KairosError as `rankConfigurations`
 */
export async function budgetFrontier(
  request: FrontierRequest,
): Promise<readonly RankedConfiguration[] | undefined> {
  checkGiven(request, OPTIONS)
  const { space } = request
  checkSpace(space)
  const wider = { ...space, budgetPerHour: BEYOND_BUDGET * space.budgetPerHour }
  const isSmall = sizeOf(space) <= MOST_CONFIGURATIONS
  if (!isSmall && countAffordable(wider, MOST_AFFORDABLE) > MOST_AFFORDABLE) return undefined
  const { rows } = await rankConfigurations({ ...request, space: wider, pareto: true, topN: Infinity })
  return rows
}
