import type { InfeasiblePlan, PlanInput } from '../../model/fleet/plan.ts'
import { COST_TOLERANCE, costOf, type Space } from '../../model/fleet/space.ts'
import type { Infeasible } from '../../model/results/infeasible.ts'
import { jsonText } from '../json.ts'
import { formatFigure, formatRate } from '../numbers.ts'

/**
 * Why no plan serves every rate, and what would do.
 *
 * @param unkept why no configuration keeps the latency target, where none of the counts does
 */
export function infeasiblePlanText(
  found: InfeasiblePlan,
  { windowS, types }: PlanInput,
  space: Space,
  { isMeasured, unkept }: { readonly isMeasured: boolean; readonly unkept?: Infeasible | undefined },
): string {
  const { window, rateQps, peakQps, largestWithinBudgetQps, largestQps, budgetPerHour } = found
  const peak = peakQps > rateQps ? `, and a later one for ${formatFigure(peakQps)}` : ''
  const what = `window ${window} (from ${window * windowS} s) asks for ${formatFigure(rateQps)} queries a second${peak}`
  const allowed = `${what}, but the budget allows ${formatRate(largestWithinBudgetQps)}`
  const budget = budgetPerHour ?? (isMeasured ? undefined : enlargedBudget(found, space))
  if (budget !== undefined) return `${allowed}: a budget of $${roundedUp(budget)} an hour would do`
  if (unkept !== undefined && !unkept.limits.includes('budget')) {
    return `${what}, but no configuration keeps the latency target: ${unkept.message}`
  }
  if (types.some(({ max }, t) => max < space.types[t].max)) return `${allowed}: raise the budget`
  const counts = types.map(({ name, max }) => `${name}=${max}`).join(',')
  return `${what}, but all counts together (${counts}) serve ${formatRate(largestQps)}: raise a maximum of the space`
}

/** The question, and the reason as text and as figures. */
export function infeasiblePlanJson(question: object, found: InfeasiblePlan, message: string): string {
  const { status: _, ...figures } = found
  return jsonText({ ...question, infeasible: { message, ...figures } })
}

function roundedUp(dollars: number): string {
  return (Math.ceil((dollars - COST_TOLERANCE) * 1e4) / 1e4).toFixed(4)
}

/**
 * The price of the best fleet within the budget, enlarged in proportion to the largest rate: its bound grows as its
 * counts do, and rounding counts up adds to it. For a space of which counts that are too dear were left out. Undefined
 * if the space does not have the enlarged counts.
 */
function enlargedBudget(found: InfeasiblePlan, space: Space): number | undefined {
  const { peakQps, largestWithinBudgetQps, largestWithinBudget } = found
  if (largestWithinBudgetQps === 0) return undefined
  const counts = largestWithinBudget.map((count) => Math.ceil((count * peakQps) / largestWithinBudgetQps))
  if (counts.some((count, t) => count > space.types[t].max)) return undefined
  return costOf(space, counts)
}
