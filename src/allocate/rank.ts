/**
 * Ranks the configurations of a space by an upper bound on their throughput.
 */

import { closedForm, deriveProfile } from '../bound/closed-form.ts'
import { fluidProgram } from '../bound/fluid.ts'
import type { FluidProgram, KernelName, Rank, Selection } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import { BOUNDS, type BoundName } from '../model/bounds.ts'
import { checkChoice, checkGiven, checkWhole } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import type { Profile } from '../model/profile.ts'
import type { RankedConfiguration, Ranking, RankingHead, RankingStream } from '../model/results/ranking.ts'
import { checkSpace, type Space, sizeOf } from '../model/space.ts'
import { checkWorkload, type Workload } from '../model/workload.ts'
import { searchSpace } from './branch-and-bound.ts'
import { explainInfeasible, explainNoBase } from './feasibility.ts'
import { latticeOf } from './lattice.ts'
import { WALKED } from './pages.ts'
import { describer } from './rows.ts'
import { type SelectionQuery, selectBest } from './selection.ts'

export interface RankRequest {
  readonly workload: Workload
  readonly space: Space
  /** Which bound ranks; the fluid bound by default, the closed form where a profile is given. */
  readonly bound?: BoundName
  /** The published allocator's inputs, where they are not to be derived from the workload. */
  readonly profile?: Profile
  /** How many rows to return, best first; Infinity for all. */
  readonly topN?: number
  /** Whether configurations within the budget that are infeasible are rows too, with bound 0 (fluid only). */
  readonly includeInfeasible?: boolean
  /** Only rows that no cheaper row equals or beats: the frontier of cost and bound. */
  readonly pareto?: boolean
  /** Equal bounds are ordered by cost and then by counts; `counts` leaves the cost out, as the artifact does. */
  readonly ties?: 'cost' | 'counts'
  /** Threads to use where the space is large; all of the machine by default. */
  readonly threads?: number
  readonly kernel?: KernelName
  /**
   * Milliseconds after which a search of a space that is too large to walk returns its best rows, with the gap
   * that remains; none by default.
   */
  readonly timeLimitMs?: number
  readonly signal?: AbortSignal
  /** Called with configurations done and to do, every few ten milliseconds of long work. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Rows that one pass over the space keeps: what bounds the memory of a full ranking. */
const WINDOW = 2 ** 20

/** Rows that a search looks for at most. */
const SEARCHED_ROWS = 10_000

const BATCH = 4096

/**
 * Ranks every configuration of a space.
 *
 * Blocks the calling thread for tens of milliseconds at a time; larger spaces run on a pool of threads.
 * The result is the same for any number of threads.
 *
 * @returns the best `topN` rows (20 by default), best first; none where nothing is feasible
 * @throws KairosError BAD_MODEL, TOO_LARGE or BAD_USAGE for input that cannot be ranked, ABORTED by `signal`
 */
export async function rankConfigurations(request: RankRequest): Promise<Ranking> {
  const { head, rows } = await streamRanking(request)
  const all: RankedConfiguration[] = []
  for await (const batch of rows) all.push(...batch)
  return { ...head, rows: all }
}

/**
 * The same ranking for results that are too long to hold: memory stays bounded however many rows are asked
 * for. Every window of about a million rows costs one more pass over the space.
 */
export async function streamRanking(request: RankRequest): Promise<RankingStream> {
  checkGiven(request)
  const { workload, space, topN = 20, pareto = false, signal, onProgress } = request
  const { threads = defaultThreads(), kernel = 'wasm' } = request
  const bound = request.bound ?? (request.profile ? 'closed-form' : BOUNDS[0])
  // a profile says all that the closed form asks for but the name of the model
  if (!request.profile || !workload) checkWorkload(workload)
  checkChoice('bound', bound, BOUNDS)
  if (topN !== Number.POSITIVE_INFINITY) checkWhole('topN', topN, 1)
  checkWhole('threads', threads, 1, 1024)
  checkSpace(space)
  if (bound === 'fluid' && request.profile) {
    throw new KairosError(
      'BAD_USAGE',
      'a profile has no fluid bound',
      { field: 'profile' },
      'leave it out, or rank by the closed form',
    )
  }
  const considered = sizeOf(space)
  if (bound === 'fluid' && considered > WALKED) return searchedRanking(request, considered, threads, kernel)
  const query = queryOf(
    request,
    bound,
    Math.min(pareto ? Number.POSITIVE_INFINITY : topN, WINDOW, considered),
  )
  let passes = 1
  const pass = (after: Rank | undefined, number: number): Promise<Selection> =>
    selectBest(after ? continued(query, after) : query, {
      kernel,
      threads,
      signal,
      onProgress: onProgress && ((done) => onProgress(done + number * considered, passes * considered)),
    })
  const first = await pass(undefined, 0)
  const listed = request.includeInfeasible && bound === 'fluid' ? first.withinBudget : first.feasible
  passes = Math.ceil(Math.min(pareto ? listed : topN, listed) / query.input.limit)
  const head: RankingHead = {
    workload: { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile },
    space,
    bound,
    considered,
    withinBudget: first.withinBudget,
    feasible: first.feasible,
    ...(first.feasible === 0 && {
      infeasible: bound === 'fluid' ? explainInfeasible(workload, space) : explainNoBase(space),
    }),
  }
  const describe = describer({ workload, space, bound, kernel, pareto })
  return { head, rows: rowsOf(first, listed, topN, pass, describe) }
}

/** By branch and bound: the best rows of a space with more configurations than can be walked. */
async function searchedRanking(
  request: RankRequest,
  considered: number,
  threads: number,
  kernel: KernelName,
): Promise<RankingStream> {
  const { workload, space, topN = 20, ties = 'cost', signal, onProgress, timeLimitMs } = request
  if (topN > SEARCHED_ROWS || request.pareto) {
    throw new KairosError(
      'TOO_LARGE',
      `${considered} configurations can be searched for the best, not listed`,
      { field: 'topN' },
      `ask for up to ${SEARCHED_ROWS} rows, or lower the largest counts`,
    )
  }
  const query = {
    lattice: latticeOf(space),
    program: programOf(workload, space),
    size: considered,
    limit: topN,
    byCost: ties === 'cost',
  }
  const progress = onProgress && ((done: number) => onProgress(done, considered))
  const { rows, proof } = await searchSpace(query, {
    kernel,
    threads,
    signal,
    timeLimitMs,
    onProgress: progress,
  })
  const found = rows.bound.length
  const head: RankingHead = {
    workload: { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile },
    space,
    bound: 'fluid',
    considered,
    proof,
    ...(found === 0 && { feasible: 0, infeasible: explainInfeasible(workload, space) }),
  }
  const describe = describer({ workload, space, bound: 'fluid', kernel, pareto: false })
  return { head, rows: rowsOf(rows, found, found, () => Promise.resolve(rows), describe) }
}

function queryOf(request: RankRequest, bound: BoundName, limit: number): SelectionQuery {
  const { workload, space, ties = 'cost', includeInfeasible = false } = request
  const page = { lattice: latticeOf(space), from: 0, to: sizeOf(space), limit, byCost: ties === 'cost' }
  if (bound === 'closed-form') {
    const profile = request.profile ?? deriveProfile(workload, space)
    return { name: 'selectLattice', input: { ...page, closedForm: closedForm(profile, space) } }
  }
  const names = space.types.map((type) => type.name)
  return {
    name: 'selectFluid',
    input: { ...page, program: fluidProgram(workload, names), includeInfeasible },
  }
}

function programOf(workload: Workload, space: Space): FluidProgram {
  return fluidProgram(
    workload,
    space.types.map((type) => type.name),
  )
}

function continued(query: SelectionQuery, after: Rank): SelectionQuery {
  return query.name === 'selectFluid'
    ? { ...query, input: { ...query.input, after } }
    : { ...query, input: { ...query.input, after } }
}

/**
 * @param listed how many rows there are
 * @param wanted how many of them are wanted, once described: a description may leave rows out
 */
async function* rowsOf(
  first: Selection,
  listed: number,
  wanted: number,
  pass: (after: Rank, number: number) => Promise<Selection>,
  describe: (window: Selection, from: number, to: number) => RankedConfiguration[],
): AsyncGenerator<RankedConfiguration[]> {
  let window = first
  let seen = 0
  let given = 0
  for (let number = 1; seen < listed && given < wanted; number++) {
    const length = window.bound.length
    for (let from = 0; from < length && given < wanted; from += BATCH) {
      const batch = describe(window, from, Math.min(from + BATCH, length)).slice(0, wanted - given)
      given += batch.length
      if (batch.length > 0) yield batch
    }
    seen += length
    if (seen < listed && given < wanted) window = await pass(lastOf(window), number)
  }
}

function lastOf({ bound, cost, number }: Selection): Rank {
  const last = bound.length - 1
  return { bound: bound[last], cost: cost[last], number: number[last] }
}
