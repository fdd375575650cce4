import { slowPolicies } from '../../report/replay/slow-policies.ts'
import { tell } from './terminal.ts'

/** Says once that a policy is slow by nature on so many instances, where one is. */
export function tellSlow(quiet: boolean | undefined, policies: readonly string[], instances: number): void {
  const slow = slowPolicies(policies, instances)
  if (slow) tell(quiet, slow)
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
