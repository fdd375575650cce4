import { bisectRates } from '../model/bisection.ts'
import { KairosError } from '../model/errors.ts'
import type { Repetition } from './repetition.ts'
import type { Trials } from './trials.ts'

/** Rates are found to 0.5%. */
const PRECISION = 1.005

/** Below this share of the rate of permanently busy instances the search gives up: the answer is 0. */
const LOWEST_SHARE = 2 ** -20

/** The largest rate at which a repetition holds, and a rate at most 0.5% above at which it fails. */
export interface Edge {
  readonly rate: number
  readonly refused: number
  /** Replays that it took. */
  readonly replays: number
}

/**
 * Brackets the largest rate by doubling or halving, then bisects by geometric means. Violations do not quite
 * increase with the rate, because a small change of times may change a schedule: among several edges it finds one.
 */
export async function largestRate(trials: Trials, repetition: Repetition): Promise<Edge> {
  let replays = 0
  const holds = (rate: number) => {
    replays++
    return trials.holds(repetition, rate)
  }
  const { firstRate } = repetition
  let high = firstRate
  let low = 0
  while (await holds(high)) {
    low = high
    high *= 2
    if (high > firstRate / LOWEST_SHARE) throw tooFew()
  }
  const lowest = firstRate * LOWEST_SHARE
  while (low === 0) {
    const rate = high / 2
    if (rate < lowest) return { rate: 0, refused: high, replays }
    if (await holds(rate)) low = rate
    else high = rate
  }
  const search = bisectRates(low, high, PRECISION)
  let step = search.next()
  while (!step.done) step = search.next(await holds(step.value))
  return { rate: step.value.low, refused: step.value.high, replays }
}

/** The queries are served in time even if they arrive all at once. */
function tooFew(): KairosError {
  const cure = 'ask for more, enough to keep every instance busy for longer than QoS'
  return new KairosError('BAD_USAGE', 'are so few that any rate is allowed', { field: 'queries' }, cure)
}
