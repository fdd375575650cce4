import { policyOf } from '../../dispatch/policies.ts'
import { refuseUsage } from '../../model/errors.ts'

/** The same names. @throws KairosError BAD_USAGE for a name that no policy has, or that is given twice */
export function checkPolicies(names: readonly string[]): readonly string[] {
  names.forEach((name, i) => {
    policyOf(name)
    if (names.indexOf(name) === i) return
    refuseUsage('policy', `names ${name} twice`, 'name it once')
  })
  return names
}
