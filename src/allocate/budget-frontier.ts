import { checkGiven, type OptionNames } from '../model/checks.ts'
import { checkSpace, countAffordable } from '../model/fleet/space.ts'
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

/** The most configurations within that budget of which the whole frontier is computed beside a ranking. */
const MOST_CONFIGURATIONS = 3e6

/** How far beyond the budget the frontier reaches. */
const BEYOND_BUDGET = 1.5

/**
 * The frontier of cost and fluid bound up to half more than the budget: what a larger or smaller budget would buy.
 *
 * @returns the frontier, highest bound first; undefined if that budget leaves more than three million configurations
 * @throws KairosError as `rankConfigurations`
 */
export async function budgetFrontier(
  request: FrontierRequest,
): Promise<readonly RankedConfiguration[] | undefined> {
  checkGiven(request, OPTIONS)
  const { space } = request
  checkSpace(space)
  const wider = { ...space, budgetPerHour: BEYOND_BUDGET * space.budgetPerHour }
  if (countAffordable(wider, MOST_CONFIGURATIONS) > MOST_CONFIGURATIONS) return undefined
  const { rows } = await rankConfigurations({ ...request, space: wider, pareto: true, topN: Infinity })
  return rows
}
