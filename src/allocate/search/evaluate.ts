import { type Space, slotsOf, typeNames } from '../../model/fleet/space.ts'
import type { Candidate, Evaluation, MeasuredConfiguration } from '../../model/results/search.ts'
import {
  type MeasuredRepetition,
  type MeasurementPlan,
  measureRepetitions,
  throughputOf,
} from '../../replay/allowable-throughput.ts'
import { boundShare } from '../../replay/interval.ts'
import type { RepetitionSetting, ReplayJobs, SubmitOptions } from '../../replay/jobs.ts'

/** Measures configurations by replay, all with common random numbers. */
export interface Evaluator {
  /** Replays so far. */
  readonly replays: number
  /**
   * Replays each repetition once at a rate of its own. A replay that fails stops at the first violation too many,
   * so this takes far less time than a measurement. Measures in full only if some repetition sustains its rate.
   */
  screen(candidate: Candidate, rates: readonly number[]): Promise<Evaluation>
  measure(candidate: Candidate): Promise<MeasuredConfiguration>
  /** Measures a few repetitions at a time, and gives the estimate of all so far each time. */
  measureInRounds(candidate: Candidate): AsyncGenerator<MeasuredConfiguration>
}

/** Repetitions of a round: the first gives an estimate soon. */
const ROUND = 2

interface EvaluatorOptions extends Pick<SubmitOptions, 'signal'>, Pick<RepetitionSetting, 'kernel'> {}

export function evaluatorOf(
  space: Space,
  plan: MeasurementPlan,
  jobs: ReplayJobs,
  { kernel, signal }: EvaluatorOptions,
): Evaluator {
  const { load, repeats, seed } = plan
  const [types, slots] = [typeNames(space), slotsOf(space)]
  const settingOf = ({ counts }: Candidate) => ({ ...load, types, counts, slots, kernel })
  let replays = 0
  /** Whether the repetitions hold, each at a rate of its own. */
  const verdictsOf = async (candidate: Candidate, rates: readonly number[]): Promise<boolean[]> => {
    const setting = settingOf(candidate)
    const trials = rates.map((rate, k) => ({ ...setting, kind: 'trial', seed: seed + k, rate }) as const)
    const found = await jobs.submit(trials, { signal }).collect()
    replays += rates.length
    return found.map(({ holds }) => holds)
  }
  /** Repetitions `from` to `to` - 1. */
  const repetitionsOf = async (candidate: Candidate, from: number, to: number) => {
    const part = { seed: seed + from, repeats: to - from, signal }
    const found = await measureRepetitions(jobs, settingOf(candidate), part)
    replays += found.reduce((sum, one) => sum + one.replays, 0)
    return found
  }
  const measure = async (candidate: Candidate) =>
    measuredAs(candidate, await repetitionsOf(candidate, 0, repeats))
  return {
    get replays() {
      return replays
    },
    measure,
    async *measureInRounds(candidate) {
      const found: MeasuredRepetition[] = []
      while (found.length < repeats) {
        const to = Math.min(repeats, found.length + ROUND)
        found.push(...(await repetitionsOf(candidate, found.length, to)))
        yield measuredAs(candidate, found)
      }
    },
    async screen(candidate, rates) {
      // every configuration sustains a rate of 0
      if (rates.includes(0)) return measure(candidate)
      const verdicts = await verdictsOf(candidate, rates)
      if (verdicts.includes(true)) return measure(candidate)
      const below = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
      return { ...candidate, outcome: 'refuted', below }
    },
  }
}

function measuredAs(candidate: Candidate, found: readonly MeasuredRepetition[]): MeasuredConfiguration {
  const { mean, halfWidth, rates, ofBound } = throughputOf(found)
  return { ...candidate, outcome: 'measured', mean, halfWidth, rates, ...boundShare(ofBound) }
}
