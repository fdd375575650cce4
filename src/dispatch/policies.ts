import { KairosError } from '../model/errors.ts'
import { fcfs } from './fcfs.ts'
import { kairos } from './kairos.ts'
import type { Policy } from './policy.ts'

/** Every policy, in the order in which they are listed. */
export const POLICIES: readonly Policy[] = [kairos, fcfs]

/** @throws KairosError BAD_USAGE for a name that no policy has */
export function policyNamed(name: string): Policy {
  const found = POLICIES.find((policy) => policy.name === name)
  if (found) return found
  throw new KairosError(
    'BAD_USAGE',
    `there is no policy "${name}"`,
    { field: 'policy' },
    `choose one of ${POLICIES.map((policy) => policy.name).join(', ')}`,
  )
}
