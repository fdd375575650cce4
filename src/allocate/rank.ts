/**
 * Ranks the configurations of a space by the fluid bound on their throughput, or by the published estimate of it.
 */
import { closedForm, deriveProfile } from '../bound/closed-form.ts'
import { spaceProgram } from '../bound/fluid.ts'
import type { FluidProgram, KernelName, Rank, RankColumns } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import { columnsOf, compareRanks, ranksOf } from '../kernel/lattice.ts'
import { nextTurn } from '../kernel/next-turn.ts'
import { BOUNDS, type BoundName } from '../model/bounds.ts'
import { checkChoice, checkGiven, checkWhole, MOST_THREADS, type OptionNames } from '../model/checks.ts'
import { refuseLarge, refuseUsage } from '../model/errors.ts'
import { checkSpace, countAffordable, type Space, sizeOf } from '../model/fleet/space.ts'
import type { OnProgress } from '../model/progress.ts'
import type { Infeasible } from '../model/results/infeasible.ts'
import {
  allRows,
  type RankedConfiguration,
  type Ranking,
  type RankingHead,
  type RankingStream,
} from '../model/results/ranking.ts'
import type { Profile } from '../model/workload/profile.ts'
import { DEFAULT_SERVICE, type Service } from '../model/workload/service.ts'
import { checkWorkload, summaryOf, type Workload } from '../model/workload/workload.ts'
import { type EarlyEndOptions, earlyEnd } from './early-end.ts'
import { explainInfeasible, explainNoBase } from './feasibility.ts'
import { rowDescriber } from './rows.ts'
import { distinct, gapAbove } from './select/branch-and-bound.ts'
import { climb } from './select/climb.ts'
import { type Enumerated, partOf, type SelectionQuery, selectBest } from './select/enumerate.ts'
import { fluidSpace, latticeOf, latticeSize, MOST_ENUMERATED } from './select/lattice.ts'
import { lastOf } from './select/pages.ts'
import { searchSpace } from './select/search-space.ts'
import { type SelectSetting, selectSetting } from './select/setting.ts'

/** A space to rank for a workload, and how. */
export interface RankRequest extends EarlyEndOptions {
  readonly workload: Workload
  readonly space: Space
  /** Which bound ranks; the fluid bound by default, the closed form where a profile is given. */
  readonly bound?: BoundName | undefined
  /** The inputs of the published allocator; derived from the workload by default. */
  readonly profile?: Profile | undefined
  /** How many rows to return, best first; Infinity for all. */
  readonly topN?: number | undefined
  /** Whether infeasible configurations within the budget are rows too, with bound 0 (fluid bound only). */
  readonly includeInfeasible?: boolean | undefined
  /** Only rows that no row at the same or lower cost equals or exceeds: the frontier of cost and bound. */
  readonly pareto?: boolean | undefined
  /**
   * Equal bounds are ordered by cost, in billionths of a dollar, and then by counts; `counts` leaves the cost out, as
   * the artifact does. Not with `pareto`; `dominatedBy` then names only rows that come before.
   */
  readonly ties?: 'cost' | 'counts' | undefined
  /** Threads for large spaces; all of the machine by default. */
  readonly threads?: number | undefined
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with configurations done and to do, after each part of long work. */
  readonly onProgress?: OnProgress | undefined
}

const RANK_OPTIONS: OptionNames<RankRequest> = {
  workload: true,
  space: true,
  bound: true,
  profile: true,
  topN: true,
  includeInfeasible: 'flag',
  pareto: 'flag',
  ties: true,
  threads: true,
  kernel: true,
  signal: true,
  onProgress: true,
  timeLimitMs: true,
  stop: true,
}

/** Rows that one pass over the space keeps: this bounds the memory of a full ranking. */
const WINDOW = 2 ** 20

/** The most rows that a search returns. */
const MOST_SEARCHED_ROWS = 10_000

/** Rows that are solved one after the other: the prices of each may depend on those before it. */
const BATCH = 4096

/**
 * Ranks every configuration of a space.
 *
 * Blocks the calling thread for some tens of milliseconds at a time; for half a second where the closed form ranks more
 * than 100,000 rows, and in the fallback for as long as it takes to solve a few configurations. The largest spaces run
 * on a pool of threads. The result is the same for any number of threads.
 *
 * @returns the best `topN` rows (20 by default), best first; no rows where nothing is feasible
 * @throws KairosError BAD_MODEL, TOO_LARGE or BAD_USAGE for input that cannot be ranked; the reason of `signal`
 */
export async function rankConfigurations(request: RankRequest): Promise<Ranking> {
  checkGiven(request, RANK_OPTIONS)
  return rankingOf(questionOf(request))
}

/** The rows of a checked request, all in memory. */
export async function rankingOf(question: CheckedRequest): Promise<Ranking> {
  const { head, rows, endedEarly } = await streamOf(question)
  const all = await allRows(rows)
  // a search, and a ranking of which only a part was examined, say themselves what is proven
  const examined = { visited: head.considered, pruned: 0, gap: 0, provenRows: all.length }
  return { ...head, ...(endedEarly() && { proof: { ...examined, ...head.proof } }), rows: all }
}

/**
 * The same ranking for results that do not fit in memory: memory stays bounded for any number of rows. Every
 * window of about a million rows costs one more pass over the space.
 */
export async function streamRanking(request: RankRequest): Promise<RankingStream> {
  checkGiven(request, RANK_OPTIONS)
  return streamOf(questionOf(request))
}

function streamOf(question: CheckedRequest): Promise<RankingStream> {
  const { workload, space, bound, program, topN, pareto } = question
  const considered = sizeOf(space)
  const head = { workload: summaryOf(workload), space, bound, considered }
  const isListed = pareto || topN > MOST_SEARCHED_ROWS
  const isEnumerated =
    considered <= MOST_ENUMERATED || (isListed && countAffordable(space, MOST_ENUMERATED) <= MOST_ENUMERATED)
  return program && !isEnumerated
    ? searchedRanking(question, program, head)
    : enumeratedRanking(question, head)
}

/** A checked request with its defaults. */
interface CheckedRequest {
  readonly request: RankRequest
  readonly workload: Workload
  readonly space: Space
  readonly bound: BoundName
  readonly service: Service
  /** Of the fluid bound. */
  readonly program: FluidProgram | undefined
  readonly topN: number
  readonly byCost: boolean
  readonly pareto: boolean
  readonly setting: SelectSetting
}

type Head = Pick<RankingHead, 'workload' | 'space' | 'bound' | 'considered'>

/**
 * @param service whether the service times of the fluid bound are sampled or means
 * @throws KairosError for a request that cannot be ranked
 */
export function questionOf(request: RankRequest, service: Service = DEFAULT_SERVICE): CheckedRequest {
  const { workload, space, profile, topN = 20, pareto = false, ties = 'cost', signal } = request
  const { threads = defaultThreads(), kernel = 'wasm' } = request
  const { bound = profile === undefined ? BOUNDS[0] : 'closed-form' } = request
  // a profile has everything that the closed form needs except the name of the model
  if (profile === undefined || !workload) checkWorkload(workload)
  checkChoice('bound', bound, BOUNDS)
  if (topN !== Infinity) checkWhole('topN', topN, 1)
  checkWhole('threads', threads, 1, MOST_THREADS)
  checkChoice('ties', ties, ['cost', 'counts'])
  checkSpace(space)
  if (pareto && ties === 'counts') {
    refuseUsage('pareto', 'needs equal bounds in the order of cost', "leave it out, or take ties by 'cost'")
  }
  if (bound === 'fluid' && profile !== undefined) {
    refuseUsage('profile', 'a profile has no fluid bound', 'leave it out, or rank by the closed form')
  }
  if (bound === 'closed-form' && workload?.batching) {
    const cure = 'leave it out (--no-batching), or rank by the fluid bound'
    refuseUsage('workload.batching', 'is set, but the closed form does not support batching', cure)
  }
  const end = earlyEnd(request)
  return {
    request,
    workload,
    space,
    bound,
    service,
    program: bound === 'fluid' ? spaceProgram(workload, space, service) : undefined,
    topN,
    byCost: ties === 'cost',
    pareto,
    setting: selectSetting({ kernel, threads, signal, end }),
  }
}

/** One pass over the space for every window of rows. */
async function enumeratedRanking(question: CheckedRequest, head: Head): Promise<RankingStream> {
  const { request, program, topN, pareto, setting } = question
  const { onProgress, includeInfeasible } = request
  const wanted = pareto ? Infinity : topN
  const size = latticeSize(question.space)
  const query = selectionQuery(question, Math.min(wanted, WINDOW, size))
  let passes = 1
  const pass = (after: Rank | undefined, number: number): Promise<Enumerated> =>
    selectBest(after ? partOf(query, { after }) : query, {
      ...setting,
      onExamined: (done) => onProgress?.({ done: done + number * size, total: passes * size }),
    })
  const first = await pass(undefined, 0)
  if (first.examined < size) return partialRanking(question, head, first)
  const { withinBudget, feasible } = first
  const listed = includeInfeasible && program ? withinBudget : feasible
  passes = Math.ceil(Math.min(wanted, listed) / query.input.limit)
  return {
    head: { ...head, withinBudget, feasible, ...(feasible === 0 && { infeasible: infeasibleOf(question) }) },
    ...rowsOf(question, first, listed, topN, pass),
  }
}

/** Why nothing is feasible. */
export function infeasibleOf({ workload, space, program, service }: CheckedRequest): Infeasible {
  return program ? explainInfeasible(workload, space, program, service) : explainNoBase(space)
}

/** The best rows of a part of the space, and of a local search, with the gap that remains. */
async function partialRanking(
  question: CheckedRequest,
  head: Head,
  part: Enumerated,
): Promise<RankingStream> {
  const { space, program, topN, byCost, pareto, setting } = question
  // most of the best rows may be dominated
  const most = pareto ? Infinity : topN
  const fluid = program && fluidSpace(space, program)
  const climbed = fluid ? await climb(fluid, Math.min(most, MOST_SEARCHED_ROWS), byCost, setting) : []
  const best = distinct([...ranksOf(part), ...climbed])
    .sort((a, b) => compareRanks(a, b, byCost))
    .slice(0, most)
  const gap = fluid ? gapAbove(best, fluid, setting) : Infinity
  const proof = { visited: part.examined, pruned: 0, gap, provenRows: 0 }
  const rows = columnsOf(best)
  return {
    head: { ...head, proof },
    ...rowsOf(question, rows, best.length, topN, () => Promise.resolve(rows)),
  }
}

/** The best rows by branch and bound, for a space that is too large to enumerate. */
async function searchedRanking(
  question: CheckedRequest,
  program: FluidProgram,
  head: Head,
): Promise<RankingStream> {
  const { request, space, topN, byCost, pareto, setting } = question
  const { onProgress } = request
  const { considered } = head
  const size = considered > 1e15 ? considered.toExponential(1) : String(considered)
  if (pareto) {
    const problem = `needs a list of all configurations within the budget: of ${size} these are more than ${MOST_ENUMERATED}`
    const cure =
      'lower the budget or the largest counts, or leave it out: then the best rows are searched for'
    refuseLarge('pareto', problem, cure)
  }
  if (topN > MOST_SEARCHED_ROWS) {
    const problem = `of ${size} configurations more than ${MOST_ENUMERATED} are within the budget: they are searched for the best, not listed`
    const cure = `ask for up to ${MOST_SEARCHED_ROWS} rows, or lower the budget or the largest counts`
    refuseLarge('topN', problem, cure)
  }
  const { rows, proof } = await searchSpace(
    { ...fluidSpace(space, program), limit: topN, byCost },
    { ...setting, onExamined: (done) => onProgress?.({ done, total: latticeSize(space) }) },
  )
  const found = rows.bound.length
  return {
    head: {
      ...head,
      proof,
      ...(found === 0 && proof.gap === 0 && { feasible: 0, infeasible: infeasibleOf(question) }),
    },
    ...rowsOf(question, rows, found, found, () => Promise.resolve(rows)),
  }
}

export function selectionQuery(
  { request, workload, space, program, byCost }: CheckedRequest,
  limit: number,
): SelectionQuery {
  const page = { lattice: latticeOf(space), from: 0, to: latticeSize(space), limit, byCost }
  if (program) {
    const { includeInfeasible = false } = request
    return { name: 'selectFluid', input: { ...page, program, includeInfeasible } }
  }
  const { profile = deriveProfile(workload, space) } = request
  return { name: 'selectLattice', input: { ...page, closedForm: closedForm(profile, space) } }
}

/** The rows of one pass, and how many configurations it examined; all unless given. */
interface Window extends RankColumns {
  readonly examined?: number
}

/**
 * Describes rows in steps. An early end leaves out those that are not described by then, but not the first.
 *
 * @param listed how many rows there are
 * @param wanted how many described rows are wanted; a description may leave rows out
 * @param pass selects the rows after a row
 */
export function rowsOf(
  question: CheckedRequest,
  first: RankColumns,
  listed: number,
  wanted: number,
  pass: (after: Rank, number: number) => Promise<Window>,
): Pick<RankingStream, 'rows' | 'endedEarly'> {
  const { workload, space, program, pareto, setting } = question
  const describe = rowDescriber(space, program && { ...setting, workload, program }, pareto)
  const total = latticeSize(space)
  let hasEnded = false
  const rows = async function* (): AsyncGenerator<RankedConfiguration[]> {
    let window: Window = first
    let seen = 0
    let given = 0
    for (let number = 1; seen < listed; number++) {
      const length = window.bound.length
      // a bound of NaN is counted, but no row: it has no place in the order
      if (length === 0) return
      for (let from = 0; from < length; from += BATCH) {
        for (const part of describe(window, from, Math.min(from + BATCH, length))) {
          hasEnded = given > 0 && setting.end.isDue()
          if (hasEnded) return
          const described = part().slice(0, wanted - given)
          given += described.length
          if (described.length > 0) yield described
          await nextTurn(setting.signal)
          if (given >= wanted) return
        }
      }
      seen += length
      if (seen >= listed) return
      window = await pass(lastOf(window), number)
      hasEnded = (window.examined ?? total) < total
      if (hasEnded) return
    }
  }
  return { rows: rows(), endedEarly: () => hasEnded }
}
