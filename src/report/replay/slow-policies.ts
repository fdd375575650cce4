/** A matching of all pending queries with more instances than this takes milliseconds a decision. */
const MANY = 200

/**
 * What to say of policies that are slow by nature on a large fleet: a matching grows with the cube of the instances.
 *
 * @param instances how many there are, or may be
 * @returns nothing where none is
 */
export function slowPolicies(policies: readonly string[], instances: number): string | undefined {
  if (instances <= MANY || !policies.includes('kairos')) return undefined
  const why = `it matches all pending queries with all instances, here ${instances}, at every decision`
  return `kairos is slow on more than ${MANY} instances, since ${why}; --policy priced is not`
}
