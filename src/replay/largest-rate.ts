import { bisectRates } from '../model/bisection.ts'
import { KairosError } from '../model/errors.ts'
import type { Repetition } from './repetition.ts'
import type { Trials } from './trials.ts'

/** The share to which rates are found. */
export const RESOLUTION = 0.005

/**
 * Below this share of the bound, or of `firstRate` where there is no bound, no rate is allowed; above its inverse any
 * rate is, because the queries are too few.
 */
const LOWEST_SHARE = 2 ** -20

/**
 * The first step below the bound, as a share of it; each further one is twice as large, up to LARGEST_STEP. Most
 * policies reach 0.9 of the bound and more, 0.99 on more than MANY instances. Without a bound the first step is
 * LARGEST_STEP.
 */
const FIRST_STEP = 0.03
const FIRST_STEP_OF_MANY = 0.01
const MANY = 48
const LARGEST_STEP = 0.5

/** The largest rate at which a repetition holds, and a rate within the resolution above it at which it fails. */
export interface Edge {
  /** Queries per second; 0 if no rate holds: `refused` is then the lowest rate that was tried. */
  readonly rate: number
  readonly refused: number
  /** How many replays the search took. */
  readonly replays: number
}

/**
 * Brackets the largest rate by growing steps from the bound, then bisects by geometric means. Violations do not quite
 * increase with the rate, because a small change of times may change a schedule: among several edges it finds one.
 *
 * @param resolution the share by which the two rates of the edge differ at most
 */
export async function largestRate(
  trials: Pick<Trials, 'holds'>,
  repetition: Repetition,
  resolution = RESOLUTION,
): Promise<Edge> {
  let replays = 0
  const holds = (rate: number) => {
    replays++
    return trials.holds(repetition, rate)
  }
  const bound = repetition.bound()
  const reference = bound > 0 ? bound : repetition.firstRate
  const first = repetition.instances > MANY ? FIRST_STEP_OF_MANY : FIRST_STEP
  let step = bound > 0 ? first : LARGEST_STEP
  let high = 0
  let low = 0
  let rate = (1 - step) * reference
  for (; high === 0 || low === 0; step = Math.min(2 * step, LARGEST_STEP)) {
    if (await holds(rate)) {
      low = rate
      rate *= 1 + 2 * step
      if (rate > reference / LOWEST_SHARE) throw tooFew()
    } else {
      high = rate
      rate *= 1 - step
      if (low === 0 && rate < reference * LOWEST_SHARE) return { rate: 0, refused: high, replays }
    }
  }
  const search = bisectRates(low, high, 1 + resolution)
  let next = search.next()
  while (!next.done) next = search.next(await holds(next.value))
  return { rate: next.value.low, refused: next.value.high, replays }
}

/** The queries are served in time even if they arrive all at once. */
function tooFew(): KairosError {
  const cure = 'ask for more, enough to keep every instance busy for longer than QoS'
  return new KairosError('BAD_USAGE', 'are so few that any rate is allowed', { field: 'queries' }, cure)
}
