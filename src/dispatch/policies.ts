import { KairosError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { fcfs } from './fcfs.ts'
import { kairos } from './kairos.ts'
import type { Policy } from './policy.ts'

/** Every policy, in the order in which they are listed. */
export const POLICIES: readonly Policy[] = [kairos, fcfs]

/**
 * A policy by its name, `kairos` if none is given; a policy of the caller's own is taken as it is.
 *
 * @throws KairosError BAD_USAGE for a name that no policy has
 */
export function policyOf(name: Policy | string = kairos): Policy {
  if (typeof name === 'object') return name
  const found = POLICIES.find((policy) => policy.name === name)
  if (found) return found
  const names = POLICIES.map((policy) => policy.name)
  const meant = nearest(name, names)
  throw new KairosError(
    'BAD_USAGE',
    `there is no policy "${name}"`,
    { field: 'policy' },
    meant ? `did you mean "${meant}"?` : `choose one of ${names.join(', ')}`,
  )
}
