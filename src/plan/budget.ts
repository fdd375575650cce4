import { type Counts, costLimit, type Space } from '../model/fleet/space.ts'
import { configurationsOf } from './lattice.ts'

/** The most configurations of a plan: a table of the cost-to-go has a cell for each. */
export const MOST_CONFIGURATIONS = 1e6

/**
 * A space of too many configurations without the counts that no configuration within the budget has. The plan is the
 * same. Smaller spaces stay as they are: the smallest budget that would serve a rate is found among all their counts.
 *
 * @param initial counts that must stay possible
 */
export function withinBudget(space: Space, initial: Counts): Space {
  if (configurationsOf(space.types) <= MOST_CONFIGURATIONS) return space
  const { types } = space
  const least = types.reduce((sum, { min = 0, pricePerHour }) => sum + min * pricePerHour, 0)
  return {
    ...space,
    types: types.map((type, t) => {
      const left = costLimit(space) - least
      const affordable = (type.min ?? 0) + Math.max(0, Math.floor(left / type.pricePerHour))
      return { ...type, max: Math.min(type.max, Math.max(affordable, initial[t])) }
    }),
  }
}
