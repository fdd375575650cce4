import { refuseUsage } from '../model/errors.ts'
import type { AssignmentProblem } from './dispatch-contract.ts'

/** @throws KairosError BAD_USAGE for the first cost that is NaN or -Infinity, if there is one */
export function refuseCost({ cost, cols }: AssignmentProblem): void {
  const odd = cost.findIndex((value) => !(value > -Infinity))
  if (odd < 0) return
  const field = `cost[${Math.floor(odd / cols)}][${odd % cols}]`
  refuseUsage(field, `is ${cost[odd]}`, 'a number or Infinity is expected')
}
