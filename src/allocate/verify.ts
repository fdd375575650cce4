/**
 * Configurations that were measured, not only bounded: those that allow most, or the cheapest that measure up
 * to a target, each with the proof of it.
 */

import { fluidProgram } from '../bound/fluid.ts'
import { policyOf } from '../dispatch/policies.ts'
import { checkGiven, checkWhole } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import type { Infeasible } from '../model/results/infeasible.ts'
import type {
  Candidate,
  Evaluation,
  MeasuredConfiguration,
  VerifiedConfiguration,
  VerifiedSearch,
} from '../model/results/search.ts'
import { checkSpace, type Space, sizeOf } from '../model/space.ts'
import { type Measurement, type MeasurementPlan, planOf } from '../replay/allowable-throughput.ts'
import { excessShare } from '../replay/drain.ts'
import { estimate } from '../replay/interval.ts'
import { openTrials } from '../replay/trials.ts'
import { cheapestConfigurations } from './cheapest.ts'
import { type Evaluator, evaluatorOf } from './evaluate.ts'
import { explainInfeasible } from './feasibility.ts'
import { countsAt, latticeOf } from './lattice.ts'
import { type RankedSpace, rankedPages, WALKED } from './pages.ts'
import { dollars } from './rows.ts'
import type { SelectionSetting } from './selection.ts'
import { outOfTime, startTimeLimit } from './time-limit.ts'
import { verifiedBest } from './verified-best.ts'
import { verifiedCheapest } from './verified-cheapest.ts'

export interface SearchRequest extends Measurement {
  readonly space: Space
  /** How many rows are wanted; 1 by default. */
  readonly topN?: number | undefined
  /** Queries a second: the cheapest configurations that measure up to it, instead of those that allow most. */
  readonly targetQps?: number | undefined
  /** Every feasible configuration is measured in full: the check of what is pruned and refuted otherwise. */
  readonly exhaustive?: boolean | undefined
  /** Milliseconds after which the search returns what it has, with the largest bound that is left. */
  readonly timeLimitMs?: number | undefined
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined
}

export interface SearchProgress {
  /** Configurations that were evaluated. */
  readonly done: number
  /** The bound of the last of them, or what it costs with a target: nothing beyond it was looked at yet. */
  readonly last: Candidate
  /** The best so far, or the last found that measures up. */
  readonly best: MeasuredConfiguration | undefined
}

/** Rows of a ranking that are asked for at a time; of the cheapest, where each step asks for all before. */
const PAGE = 256
const CHEAPEST_PAGE = 64

/**
 * The configurations of a space that allow most queries a second, measured by replay, or with `targetQps` the
 * cheapest that measure up to it: proven under that replay.
 *
 * Takes seconds; runs on threads of its own, and the result is the same for any number of them.
 *
 * @throws KairosError BAD_MODEL, TOO_LARGE or BAD_USAGE for input that cannot be searched, or not in `timeLimitMs`;
 *   ABORTED by `signal`
 */
export async function searchConfigurations(request: SearchRequest): Promise<VerifiedSearch> {
  checkGiven(request)
  const { workload, space, topN = 1, targetQps, exhaustive = false, kernel = 'wasm', log } = request
  const { timeLimitMs = Infinity } = request
  checkSpace(space)
  checkWhole('topN', topN, 1)
  if (exhaustive && targetQps !== undefined) {
    const cure = 'a target ends with the cheapest: leave one of the two out'
    throw new KairosError('BAD_USAGE', 'has no end', { field: 'exhaustive' }, cure)
  }
  if (!(timeLimitMs > 0)) {
    throw new KairosError('BAD_USAGE', `is ${timeLimitMs}`, { field: 'timeLimitMs' }, 'expected a time > 0')
  }
  const plan = planOf(request)
  const { load, repeats, seed, threads } = plan
  const types = space.types.map((type) => type.name)
  const program = fluidProgram(workload, types, load.service)
  const limit = startTimeLimit(timeLimitMs, request.signal)
  const { signal } = limit
  const trials = await openTrials({ threads: Math.min(threads, repeats), kernel, signal, log })
  const question: Question = {
    request,
    topN,
    setting: { kernel, threads, signal },
    evaluator: evaluatorOf(types, plan, trials),
    ranked: { lattice: latticeOf(space), program, size: sizeOf(space) },
    plan,
    isTimeUp: limit.isUp,
  }
  try {
    const { model, qosMs, percentile } = workload
    return {
      workload: { model, qosMs, percentile },
      space,
      policy: policyOf(request.policy).name,
      service: load.service,
      arrivals: load.arrivals,
      ...{ queries: load.queries, repeats, seed },
      considered: sizeOf(space),
      ...(targetQps === undefined ? await best(question) : await cheapest(question, targetQps)),
    }
  } finally {
    limit.stop()
    await trials.close()
  }
}

interface Question {
  readonly request: SearchRequest
  readonly topN: number
  readonly setting: SelectionSetting
  readonly evaluator: Evaluator
  readonly ranked: RankedSpace
  readonly plan: MeasurementPlan
  readonly isTimeUp: (error: unknown) => boolean
}

type Answer = Pick<VerifiedSearch, 'rows' | 'evaluations' | 'proof' | 'infeasible'> &
  Partial<Pick<VerifiedSearch, 'withinBudget' | 'feasible' | 'targetQps'>>

async function best(question: Question): Promise<Answer> {
  const { request, topN, setting, evaluator, ranked, plan, isTimeUp } = question
  const { workload, space, exhaustive = false, onProgress } = request
  let counted: { withinBudget: number; feasible: number } | undefined
  const candidates = async function* (): AsyncGenerator<Candidate> {
    for await (const page of rankedPages(ranked, PAGE, setting)) {
      if (ranked.size <= WALKED) counted ??= { withinBudget: page.withinBudget, feasible: page.feasible }
      for (const [i, bound] of page.bound.entries()) {
        yield { counts: countsAt(space, page.number[i]), costPerHour: dollars(page.cost[i]), bound }
      }
    }
  }
  let done = 0
  const found = await verifiedBest(candidates(), evaluator, {
    ...{ topN, exhaustive, isTimeUp },
    excessAt: (rate) => excessShare(plan.load.queries, rate, workload.qosMs),
    onEvaluation: (last, [first]) => onProgress?.({ done: ++done, last, best: first }),
  })
  const { evaluations, prunedBySubConfiguration, nextBound, proven } = found
  if (!proven && evaluations.length === 0) throw outOfTime('one configuration was measured')
  const rows = rowsOf(found.best.filter(({ mean }) => mean > 0))
  const first = rows[0]
  const looked = evaluations.length + prunedBySubConfiguration
  return {
    ...counted,
    rows: rows.map((row) => ({ ...row, tied: row !== first && isTied(row, first) })),
    evaluations,
    proof: {
      proven,
      ...tallyOf(evaluations),
      prunedBySubConfiguration,
      ...(counted && { prunedByBound: counted.feasible - looked }),
      nextBound,
      replays: evaluator.replays,
    },
    ...(rows.length === 0 && {
      infeasible:
        evaluations.length === 0 ? explainInfeasible(workload, space) : nothingHolds(evaluations.length),
    }),
  }
}

async function cheapest(question: Question, targetQps: number): Promise<Answer> {
  const { request, topN, evaluator, plan, isTimeUp } = question
  const { onProgress } = request
  let unbounded: Infeasible | undefined
  const candidates = async function* (): AsyncGenerator<Candidate> {
    let given = 0
    for (let wanted = CHEAPEST_PAGE; ; wanted *= 4) {
      const { rows, infeasible } = await cheapestConfigurations({
        ...{ workload: request.workload, space: request.space, targetQps, topN: wanted },
        ...{ service: request.service, ...question.setting },
      })
      unbounded = infeasible
      for (const { counts, costPerHour, bound } of rows.slice(given)) yield { counts, costPerHour, bound }
      if (rows.length < wanted) return
      given = rows.length
    }
  }
  let done = 0
  let latest: MeasuredConfiguration | undefined
  const { cheapest, evaluations, proven } = await verifiedCheapest(candidates(), evaluator, {
    ...{ topN, targetQps, repeats: plan.repeats, isTimeUp },
    onEvaluation: (last) => {
      if (last.outcome === 'measured' && last.mean >= targetQps) latest = last
      onProgress?.({ done: ++done, last, best: latest })
    },
  })
  if (!proven && cheapest.length === 0) {
    throw outOfTime(`a configuration measured ${targetQps} q/s`)
  }
  const rows = rowsOf(cheapest)
  const below = rows.length === 0 ? await best({ ...question, topN: 1 }) : undefined
  const all = below ? [...evaluations, ...below.evaluations] : evaluations
  return {
    targetQps,
    rows,
    evaluations: all,
    proof: {
      proven,
      ...tallyOf(all),
      prunedBySubConfiguration: below?.proof.prunedBySubConfiguration ?? 0,
      nextBound: below?.proof.nextBound ?? null,
      replays: evaluator.replays,
    },
    ...(below && { infeasible: below.infeasible ?? belowTarget(below.rows[0].mean, unbounded) }),
  }
}

function rowsOf(found: readonly MeasuredConfiguration[]): VerifiedConfiguration[] {
  return found.map((row, i) => ({
    rank: i + 1,
    ...row,
    shareOfBound: row.mean / row.bound,
    tied: false,
  }))
}

/** Repetitions are on the same luck: they are compared one by one. A single one says nothing of ties. */
function isTied(row: MeasuredConfiguration, first: MeasuredConfiguration): boolean {
  const { mean, halfWidth } = estimate(row.rates.map((rate, k) => first.rates[k] - rate))
  return halfWidth < Infinity && mean <= halfWidth
}

function tallyOf(evaluations: readonly Evaluation[]) {
  const measured = evaluations.filter(({ outcome }) => outcome === 'measured').length
  return { measured, refuted: evaluations.length - measured }
}

function nothingHolds(evaluated: number): Infeasible {
  const which =
    evaluated === 1
      ? 'the one feasible configuration does not keep'
      : `none of the ${evaluated} feasible configurations keeps`
  return {
    limits: ['qos', 'percentile'],
    message: `${which} the target in replay, at whatever rate; raise qosMs, lower the percentile, or try another policy`,
    remedies: [],
  }
}

/** What is the most that replays allow? And what would a bound need, where none reaches the target? */
function belowTarget(most: number, unbounded: Infeasible | undefined): Infeasible {
  const value = Math.floor(most * 1000) / 1000
  const lower = `lower the target to ${value} q/s, the most that was measured`
  const smallest = unbounded?.smallestBudget
  const raise =
    smallest === undefined ? 'raise the budget' : `raise the budget, to $${smallest} an hour at least`
  return {
    limits: ['target'],
    message: `${lower}, or ${raise}`,
    remedies: [{ limit: 'target', value, message: lower }],
  }
}
