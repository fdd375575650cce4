import { valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { deadline } from './deadline.ts'
import { fcfs } from './fcfs.ts'
import { kairos } from './kairos.ts'
import type { Policy } from './policy.ts'
import { powerOfTwo } from './power-of-two.ts'
import { priced } from './priced.ts'
import { shortestCompletion } from './shortest-completion.ts'
import { threshold, thresholdAt } from './threshold.ts'
import { triton } from './triton.ts'

/** Every policy, the default first, in the order of listings. */
export const POLICIES: readonly Policy[] = [
  priced,
  kairos,
  threshold,
  deadline,
  shortestCompletion,
  powerOfTwo,
  triton,
  fcfs,
]

const CUT = /^threshold:(\d+(?:\.\d+)?)$/

/**
 * A policy by its name; `priced` without a name. `threshold:200` is `threshold` with a given cut. A policy object of
 * the caller is returned as it is.
 *
 * @throws KairosError BAD_USAGE for an unknown name, and for an object that is no policy
 */
export function policyOf(name: Policy | string = priced): Policy {
  if (typeof name === 'object' && name !== null) {
    if (typeof name.prepare === 'function') return name
    const cure = 'give the name of one policy, or an object with name, summary and prepare'
    refuseUsage('policy', 'is no policy', cure)
  }
  const found = POLICIES.find((policy) => policy.name === name)
  if (found) return found
  const cut = typeof name === 'string' && CUT.exec(name)
  if (cut) return thresholdAt(Number(cut[1]))
  const names = POLICIES.map((policy) => policy.name)
  const meant = nearest(String(name), names)
  refuseUsage(
    'policy',
    `there is no policy ${valueText(name)}`,
    meant ? `did you mean "${meant}"?` : `choose one of ${names.join(', ')}`,
  )
}
