/** A configuration: how many instances there are of each type. */
import { checkOneEach, valueText } from '../checks.ts'
import { refuseLarge, refuseModel } from '../errors.ts'
import { type Counts, costOf, type Space } from './space.ts'

/**
 * Checks the counts of a configuration.
 *
 * @param least the fewest instances that are allowed
 * @param most the most instances that are allowed
 * @throws KairosError BAD_MODEL for counts that do not fit the types, or too few instances; TOO_LARGE for too many
 */
export function checkCounts(types: readonly string[], counts: Counts, least: number, most: number): void {
  checkOneEach('counts', counts, types)
  // a list of entries has missing counts too
  for (const [t, count] of counts.entries()) {
    if (Number.isSafeInteger(count) && count >= 0) continue
    const cure = 'a whole number >= 0 is expected'
    refuseModel(`counts[${t}]`, `is ${valueText(count)} for ${types[t]}`, cure)
  }
  const instances = instancesOf(counts)
  if (instances < least) {
    refuseModel('counts', 'the configuration has no instance', 'one instance at least is expected')
  }
  if (instances > most) {
    refuseLarge('counts', `are ${instances} instances`, `at most ${most} are possible`)
  }
}

/**
 * Cost per hour, summed left to right as everywhere.
 *
 * @throws KairosError BAD_MODEL unless there is a count for each type of the space
 */
export function checkedCostOf(space: Pick<Space, 'types'>, counts: Counts): number {
  if (!Array.isArray(space?.types)) {
    refuseModel('space', 'has no types', 'readSpace reads one, from a file or by its name')
  }
  space.types.forEach((type, t) => {
    if (Number.isFinite(type?.pricePerHour)) return
    const cure = 'a price in dollars is expected'
    refuseModel(`types[${t}].pricePerHour`, `is ${valueText(type?.pricePerHour)}`, cure)
  })
  const types = space.types.map(({ name }) => name)
  checkCounts(types, counts, 0, Number.POSITIVE_INFINITY)
  return costOf(space, counts)
}

/** The number of instances of a configuration. */
export function instancesOf(counts: Counts): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The type of each instance. Instances are numbered type by type. */
export function instanceTypes(counts: Counts): Int32Array {
  return Int32Array.from(counts.flatMap((count, t) => new Array<number>(count).fill(t)))
}
