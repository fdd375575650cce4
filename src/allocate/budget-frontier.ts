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

/** The budget up to which the frontier reaches, as a multiple of that of the space. */
const BUDGET_FACTOR = 1.5

/** Up to so many configurations the frontier is computed, whatever they cost. */
const MOST_CONFIGURATIONS = 3e6

/** In a larger space it is computed if no more than these are within the larger budget. */
const MOST_AFFORDABLE = 3e5

/**
 * The frontier of cost and fluid bound up to half more than the budget: what a larger or smaller budget would buy.
 *
 * @returns the frontier, highest bound first; undefined for a space of more than three million configurations of which
 *   that budget leaves more than 300,000
 * @throws KairosError as `rankConfigurations`
 */
export async function budgetFrontier(
  request: FrontierRequest,
): Promise<readonly RankedConfiguration[] | undefined> {
  checkGiven(request, OPTIONS)
  const { space } = request
  checkSpace(space)
  const wider = { ...space, budgetPerHour: BUDGET_FACTOR * space.budgetPerHour }
  const isSmall = sizeOf(space) <= MOST_CONFIGURATIONS
  if (!isSmall && countAffordable(wider, MOST_AFFORDABLE) > MOST_AFFORDABLE) return undefined
  const { rows } = await rankConfigurations({ ...request, space: wider, pareto: true, topN: Infinity })
  return rows
}
