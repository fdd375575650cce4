import { policyOf } from '../../dispatch/policies.ts'
import { KairosError } from '../../model/errors.ts'

/** The names as they were given. @throws KairosError BAD_USAGE for one that no policy has, or given twice */
export function checkPolicies(names: readonly string[]): readonly string[] {
  names.forEach((name, i) => {
    policyOf(name)
    if (names.indexOf(name) === i) return
    throw new KairosError('BAD_USAGE', `names ${name} twice`, { field: 'policy' }, 'name it once')
  })
  return names
}
