/** From a question to the part of a `VerifiedSearch` that answers it: candidates, search, proof. */
import { spaceProgram } from '../../bound/fluid.ts'
import type { FluidProgram } from '../../kernel/contract.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { type Counts, costLimit, costOf, type Space } from '../../model/fleet/space.ts'
import type { OnProgress } from '../../model/progress.ts'
import type { Infeasible } from '../../model/results/infeasible.ts'
import type {
  Evaluation,
  MeasuredConfiguration,
  SearchProgress,
  VerifiedConfiguration,
  VerifiedSearch,
} from '../../model/results/search.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { MeasurementPlan } from '../../replay/allowable-throughput.ts'
import { excessShare } from '../../replay/drain.ts'
import { estimate } from '../../replay/interval.ts'
import { RESOLUTION } from '../../replay/largest-rate.ts'
import {
  afterLossOf,
  explainInfeasible,
  largestCounts,
  roundedDown,
  tooFewInstances,
  withoutRemedy,
} from '../feasibility.ts'
import type { FluidSpace } from '../select/lattice.ts'
import type { RankedPage } from '../select/pages.ts'
import type { Relaxation } from '../select/relaxation.ts'
import type { SelectSetting } from '../select/setting.ts'
import { verifiedBest } from './best.ts'
import { firstByBound } from './by-bound.ts'
import { candidatesByBound, candidatesByCost } from './candidates.ts'
import { verifiedCheapest } from './cheapest.ts'
import type { Evaluator } from './evaluate.ts'
import { LARGE_FLEET, verifiedLarge } from './large.ts'
import { candidatesOfLarge } from './large-candidates.ts'

/** The share of the target with which configurations are scored. */
const SCORE_QOS = 0.8

/** A checked request with everything that its search runs on. */
export interface CheckedSearch {
  readonly workload: Workload
  readonly space: Space
  readonly topN: number
  readonly exhaustive: boolean
  readonly spare: number
  readonly plan: MeasurementPlan
  readonly ranked: FluidSpace
  /** The best fractional configuration of the space. */
  readonly relaxed: () => Relaxation
  /** Its signal is aborted by the caller, and when the time is up. */
  readonly setting: SelectSetting
  /** The signal of the caller alone. */
  readonly signal: AbortSignal | undefined
  readonly evaluator: Evaluator
  readonly isTimeUp: (error: unknown) => boolean
  readonly onProgress: OnProgress<SearchProgress> | undefined
}

type Answer = Pick<VerifiedSearch, 'rows' | 'evaluations' | 'proof' | 'infeasible' | 'byBound'> &
  Partial<Pick<VerifiedSearch, 'withinBudget' | 'feasible' | 'targetQps' | 'spare'>>

export async function answerBest(question: CheckedSearch): Promise<Answer> {
  const { workload, space, exhaustive, plan, ranked, evaluator, relaxed } = question
  const isLarge = instancesOf(relaxed().counts) >= LARGE_FLEET && !exhaustive
  const { counted, ...found } = await (isLarge ? bestOfLarge(question) : bestByBound(question))
  const { evaluations, nextBound, proven, endedEarly, ties } = found
  const rows = rowsOf(found.best.filter(({ mean }) => mean > 0))
  const first = rows[0]
  const { withinBudget, feasible } = counted
  return {
    ...(withinBudget !== undefined && { withinBudget }),
    ...(feasible !== undefined && { feasible }),
    rows: rows.map((row) => ({ ...row, tied: tiesWith(first, row) })),
    evaluations: compared(evaluations, (row) => tiesWith(first, row)),
    proof: {
      proven,
      endedEarly,
      gap: gapOf(proven ? null : nextBound, rows),
      ...(ties && { resolution: RESOLUTION, ties }),
      ...tallyOf(evaluations),
      ...(feasible !== undefined && { prunedByBound: feasible - evaluations.length }),
      nextBound,
      replays: evaluator.replays,
    },
    ...(endedEarly && evaluations.length === 0 && { byBound: await firstByBound(question) }),
    ...(!endedEarly &&
      rows.length === 0 && {
        infeasible:
          evaluations.length === 0
            ? explainInfeasible(workload, space, ranked.program, plan.load.service)
            : noneSustains(evaluations.length),
      }),
  }
}

async function bestByBound(question: CheckedSearch) {
  const { workload, topN, exhaustive, plan, setting, evaluator, ranked, isTimeUp } = question
  const { candidates, counted } = candidatesByBound(ranked, setting, scoreOf(question))
  const found = await verifiedBest(candidates, evaluator, {
    topN,
    exhaustive,
    isTimeUp,
    excessAt: (rate) => excessShare(plan.load.queries, rate, workload),
    onEvaluation: progressOf(question),
  })
  return { ...found, counted: counted(), ties: undefined }
}

/** Configurations of a large space are not enumerated. */
const NOT_COUNTED: Pick<RankedPage, 'withinBudget' | 'feasible'> = {}

async function bestOfLarge(question: CheckedSearch) {
  const { topN, setting, evaluator, ranked, relaxed, isTimeUp } = question
  const found = await verifiedLarge(candidatesOfLarge(ranked, setting, topN), evaluator, {
    topN,
    isTimeUp,
    ceiling: relaxed().ceiling,
    onEvaluation: progressOf(question),
  })
  return { ...found, counted: NOT_COUNTED }
}

function progressOf({ onProgress }: CheckedSearch) {
  const evaluated = new Set<Counts>()
  return (last: Evaluation, [best]: readonly MeasuredConfiguration[]) =>
    onProgress?.({ done: evaluated.add(last.counts).size, total: 0, last, best })
}

/** By how much a bound exceeds the last row, as a share of it; 0 for no bound, null without rows. */
function gapOf(bound: number | null, rows: readonly MeasuredConfiguration[]): number | null {
  const last = rows.at(-1)
  if (last === undefined) return null
  return bound === null ? 0 : Math.max(0, bound / last.mean - 1)
}

/**
 * A batch that takes nearly the whole target leaves no time to wait. So with batches, bounds with 0.8 of the target
 * order configurations better than the bounds do; they prove nothing.
 */
function scoreOf({ workload, space, plan }: CheckedSearch): FluidProgram | undefined {
  if (!workload.batching) return undefined
  const tighter = { ...workload, qosMs: SCORE_QOS * workload.qosMs }
  return spaceProgram(tighter, space, plan.load.service)
}

export async function answerCheapest(question: CheckedSearch, targetQps: number): Promise<Answer> {
  const { workload, space, topN, spare, evaluator, plan, setting, isTimeUp, onProgress } = question
  const { kernel, threads, signal } = setting
  const asked = { workload, space, targetQps, spare }
  const request = { ...asked, service: plan.load.service, kernel, threads, signal }
  const { candidates, unreachable } = candidatesByCost(request)
  let done = 0
  let latest: MeasuredConfiguration | undefined
  const { cheapest, evaluations, proven } = await verifiedCheapest(candidates, evaluator, {
    topN,
    targetQps,
    repeats: plan.repeats,
    isTimeUp,
    onEvaluation: (last) => {
      if (last.outcome === 'measured' && last.mean >= targetQps) latest = last
      onProgress?.({ done: ++done, total: 0, last, best: latest })
    },
  })
  const rows = rowsOf(cheapest)
  const isShort = proven && rows.length === 0
  // with spare instances, what the whole sustains says nothing about what is left
  const below =
    isShort && spare === 0 ? await answerBest({ ...question, topN: 1, exhaustive: false }) : undefined
  const all = below ? [...evaluations, ...below.evaluations] : evaluations
  return {
    targetQps,
    ...(spare > 0 && { spare }),
    rows,
    evaluations: compared(all, () => false),
    proof: {
      proven,
      endedEarly: !proven,
      // the cheapest rows are proven, also at an early end
      gap: gapOf(null, rows),
      ...tallyOf(all),
      nextBound: below?.proof.nextBound ?? null,
      replays: evaluator.replays,
    },
    ...(isShort && { infeasible: whyShort({ targetQps, space, spare, unreachable: unreachable(), below }) }),
    ...(!proven &&
      rows.length === 0 && { byBound: await firstByBound({ ...question, targetQps, without: all }) }),
  }
}

function rowsOf(found: readonly MeasuredConfiguration[]): VerifiedConfiguration[] {
  return found.map((row, i) => ({ rank: i + 1, ...row, tied: false }))
}

/**
 * Whether two configurations may allow the same rate. Repetitions use common random numbers, so they are compared in
 * pairs. A single repetition has no interval, and never ties.
 */
function isTied(row: MeasuredConfiguration, first: MeasuredConfiguration): boolean {
  const pairs = Math.min(row.rates.length, first.rates.length)
  const { mean, halfWidth } = estimate(row.rates.slice(0, pairs).map((rate, k) => first.rates[k] - rate))
  return halfWidth < Infinity && mean <= halfWidth
}

function tiesWith(first: MeasuredConfiguration | undefined, row: MeasuredConfiguration): boolean {
  return first !== undefined && String(row.counts) !== String(first.counts) && isTied(row, first)
}

function compared(
  evaluations: readonly Evaluation[],
  tied: (row: MeasuredConfiguration) => boolean,
): VerifiedSearch['evaluations'] {
  return evaluations.map((row) => (row.outcome === 'measured' ? { ...row, tied: tied(row) } : row))
}

function tallyOf(evaluations: readonly Evaluation[]) {
  const measured = evaluations.filter(({ outcome }) => outcome === 'measured').length
  return { measured, refuted: evaluations.length - measured }
}

function noneSustains(evaluated: number): Infeasible {
  const which =
    evaluated === 1
      ? 'the one feasible configuration does not keep'
      : `none of the ${evaluated} feasible configurations keeps`
  const cure = 'raise qosMs, lower the percentile, or try another policy'
  return withoutRemedy(`${which} the target in replay at any rate; ${cure}`, ['qos', 'percentile'])
}

interface Shortfall {
  readonly targetQps: number
  readonly space: Space
  readonly spare: number
  /** Why no bound reaches the target, where none does. */
  readonly unreachable: Infeasible | undefined
  /** The best without a target, as far as there was time for it. */
  readonly below: Answer | undefined
}

function whyShort(shortfall: Shortfall): Infeasible {
  const { targetQps, unreachable, below } = shortfall
  if (below?.infeasible) return below.infeasible
  const most = below?.rows[0]?.mean
  if (most !== undefined) return most < targetQps ? belowTarget(most, shortfall) : onlyAbove(most, targetQps)
  return unreachable ?? noneSustainsTarget(shortfall)
}

function noneSustainsTarget({ targetQps, space, spare }: Shortfall): Infeasible {
  const more = raising(space)
  const cure = `lower the target, ${spare > 0 ? `${more}, or spare fewer` : `or ${more}`}`
  return withoutRemedy(`no configuration sustains ${targetQps} q/s${afterLossOf(spare)}; ${cure}`, ['target'])
}

/** At a low rate more queries may go where they are late, under a policy such as `fcfs`. */
function onlyAbove(most: number, targetQps: number): Infeasible {
  const other = `although one sustains ${roundedDown(most)} q/s; try another policy`
  return withoutRemedy(`no configuration sustains ${targetQps} q/s, ${other}`, ['target'])
}

/** What allows more instances. */
function raising(space: Space): string {
  const isAffordable = costOf(space, largestCounts(space)) <= costLimit(space)
  return isAffordable ? 'raise a maximum of the space' : 'raise the budget'
}

/** @param most the highest rate that was measured, queries per second */
function belowTarget(most: number, { space, spare, unreachable }: Shortfall): Infeasible {
  const value = roundedDown(most)
  const lower = `lower the target to ${value} q/s, the most that was measured`
  const smallest = unreachable?.smallestBudget
  const isBeyondAll = smallest === undefined && unreachable?.limits.includes('target')
  const raise = smallest === undefined ? raising(space) : `raise the budget, to $${smallest} an hour at least`
  return {
    limits: ['target'],
    message: isBeyondAll ? `${lower}; ${tooFewInstances(spare)}` : `${lower}, or ${raise}`,
    remedies: [{ limit: 'target', value, message: lower }],
  }
}
