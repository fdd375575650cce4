import { slowPolicies } from '../../report/replay/slow-policies.ts'
import { tell } from './terminal.ts'

/** Notes a policy whose decisions are slow on so many instances, if there is one. */
export function tellSlow(quiet: boolean | undefined, policies: readonly string[], instances: number): void {
  const slow = slowPolicies(policies, instances)
  if (slow) tell(quiet, slow)
}
