import type { Candidate, Evaluation, MeasuredConfiguration } from '../../model/results/search.ts'
import { type Space, slotsOf, typeNames } from '../../model/space.ts'
import { type MeasurementPlan, measureThroughput } from '../../replay/allowable-throughput.ts'
import { prepare } from '../../replay/input.ts'
import { reachesBound } from '../../replay/interval.ts'
import { type Draws, drawsOf, type Repetition, repetitionOf } from '../../replay/repetition.ts'
import type { Trials } from '../../replay/trials.ts'

/** Measures configurations by replay, all with common random numbers. */
export interface Evaluator {
  /** Replays so far. */
  readonly replays: number
  /** Whether the first repetition fails at a rate: one replay. */
  fails(candidate: Candidate, rate: number): Promise<boolean>
  /**
   * Replays each repetition once at a rate of its own. A replay that fails stops at the first violation too many,
   * so this takes far less time than a measurement. Measures in full only if some repetition sustains its rate.
   */
  screen(candidate: Candidate, rates: readonly number[]): Promise<Evaluation>
  measure(candidate: Candidate): Promise<MeasuredConfiguration>
}

/** Queries of all repetitions up to which their draws are kept in memory: some hundred megabytes. */
const KEPT_QUERIES = 2 ** 23

export function evaluatorOf(space: Space, plan: MeasurementPlan, trials: Trials): Evaluator {
  const { load, repeats, seed } = plan
  const types = typeNames(space)
  const slots = slotsOf(space)
  const drawn = new Map<number, Draws>()
  const luck = (k: number) => {
    const found = drawn.get(k) ?? drawsOf(load, seed + k)
    if (load.queries * repeats <= KEPT_QUERIES) drawn.set(k, found)
    return found
  }
  const repetitionsOf = ({ counts }: Candidate) => {
    const configuration = prepare({ ...load, types, counts, slots })
    return (k: number): Repetition => repetitionOf(configuration, luck(k))
  }
  let replays = 0
  const measure = async (candidate: Candidate): Promise<MeasuredConfiguration> => {
    const found = await measureThroughput(trials, repetitionsOf(candidate), repeats)
    replays += found.replays
    const { mean, halfWidth, rates, ofBound } = found
    const share = { shareOfBound: ofBound?.mean ?? 0, atBound: ofBound !== null && reachesBound(ofBound) }
    return { ...candidate, outcome: 'measured', mean, halfWidth, rates, ...share }
  }
  return {
    get replays() {
      return replays
    },
    measure,
    async fails(candidate, rate) {
      // every configuration sustains a rate of 0
      if (rate === 0) return false
      replays++
      return !(await trials.holds(repetitionsOf(candidate)(0), rate))
    },
    async screen(candidate, rates) {
      if (rates.includes(0)) return measure(candidate)
      const repetition = repetitionsOf(candidate)
      const verdicts = await Promise.all(rates.map((rate, k) => trials.holds(repetition(k), rate)))
      replays += rates.length
      if (verdicts.includes(true)) return measure(candidate)
      const below = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
      return { ...candidate, outcome: 'refuted', below }
    },
  }
}
