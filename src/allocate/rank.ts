/**
 * Ranks the configurations of a space by an upper bound on their throughput.
 */
import { availableParallelism } from 'node:os'
import { closedForm, deriveProfile } from '../bound/closed-form.ts'
import type { LatticeSelect, Selection } from '../kernel/contract.ts'
import type { KernelName } from '../kernel/load.ts'
import type { BoundName } from '../model/bounds.ts'
import { KairosError } from '../model/errors.ts'
import type { Profile } from '../model/profile.ts'
import { type Counts, checkSpace, type Space, sizeOf } from '../model/space.ts'
import type { Workload } from '../model/workload.ts'
import { cheapestServing, countsAt, latticeOf } from './lattice.ts'
import { selectBest } from './selection.ts'

export interface RankRequest {
  readonly workload: Workload
  readonly space: Space
  /** Which bound ranks. */
  readonly bound?: BoundName
  /** The published allocator's inputs, where they are not to be derived from the workload. */
  readonly profile?: Profile
  /** How many rows to return, best first; Infinity for all. */
  readonly topN?: number
  /** Equal bounds are ordered by cost and then by counts; `counts` leaves the cost out, as the artifact does. */
  readonly ties?: 'cost' | 'counts'
  /** Threads to use where the space is large; all of the machine by default. */
  readonly threads?: number
  readonly kernel?: KernelName
  readonly signal?: AbortSignal
  /** Called with configurations done and to do, every few ten milliseconds of long work. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface RankedConfiguration {
  /** From 1. */
  readonly rank: number
  /** Instances of each type, in the order of `space.types`. */
  readonly counts: Counts
  /** Dollars per hour, to a millionth. */
  readonly costPerHour: number
  /** Queries a second. */
  readonly bound: number
}

/** Why nothing is feasible, and the smallest budget that would change it, if any does. */
export interface Infeasible {
  readonly limit: 'budget' | 'maximum'
  readonly message: string
  readonly smallestBudget?: number
}

export interface RankingHead {
  readonly workload: { readonly model: string; readonly qosMs: number; readonly percentile: number }
  readonly space: Space
  readonly bound: BoundName
  /** Configurations of the box, within the budget or not. */
  readonly considered: number
  /** Those with an instance at all that the budget allows. */
  readonly withinBudget: number
  /** Those of them with a bound above 0. */
  readonly feasible: number
  /** Only where nothing is feasible. */
  readonly infeasible?: Infeasible
}

export interface Ranking extends RankingHead {
  readonly rows: readonly RankedConfiguration[]
}

/** A ranking whose rows are made as they are asked for, some thousand at a time. */
export interface RankingStream {
  readonly head: RankingHead
  readonly rows: AsyncIterable<readonly RankedConfiguration[]>
}

/** Rows that one pass over the space keeps: what bounds the memory of a full ranking. */
const WINDOW = 2 ** 20

const BATCH = 4096

/**
 * Ranks every configuration of a space.
 *
 * Blocks the calling thread for tens of milliseconds at a time; larger spaces run on a pool of threads.
 * The result is the same for any number of threads and either kernel.
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
  const { workload, space, bound = 'closed-form', topN = 20, ties = 'cost', signal, onProgress } = request
  const { threads = availableParallelism(), kernel = 'wasm' } = request
  checkCount('topN', topN, Number.POSITIVE_INFINITY)
  checkCount('threads', threads, 1024)
  checkSpace(space)
  const profile = request.profile ?? deriveProfile(workload, space)
  const considered = sizeOf(space)
  const query: LatticeSelect = {
    lattice: latticeOf(space),
    closedForm: closedForm(profile, space),
    from: 0,
    to: considered,
    limit: Math.min(topN, WINDOW, considered),
    byCost: ties === 'cost',
  }
  let passes = 1
  const pass = (after: Selection | undefined, number: number): Promise<Selection> =>
    selectBest(after ? { ...query, after: lastOf(after) } : query, {
      kernel,
      threads,
      signal,
      onProgress: onProgress && ((done) => onProgress(done + number * considered, passes * considered)),
    })
  const first = await pass(undefined, 0)
  const wanted = Math.min(topN, first.feasible)
  passes = Math.ceil(wanted / query.limit)
  const head: RankingHead = {
    workload: { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile },
    space,
    bound,
    considered,
    withinBudget: first.withinBudget,
    feasible: first.feasible,
    ...(first.feasible === 0 && { infeasible: explainInfeasible(space) }),
  }
  return { head, rows: rowsOf(space, first, wanted, pass) }
}

async function* rowsOf(
  space: Space,
  first: Selection,
  wanted: number,
  pass: (after: Selection, number: number) => Promise<Selection>,
): AsyncGenerator<RankedConfiguration[]> {
  let window = first
  let rank = 0
  for (let number = 1; rank < wanted; number++) {
    const length = Math.min(window.bound.length, wanted - rank)
    for (let from = 0; from < length; from += BATCH) {
      const to = Math.min(from + BATCH, length)
      const batch: RankedConfiguration[] = []
      for (let i = from; i < to; i++) batch.push(rowOf(space, ++rank, window, i))
      yield batch
    }
    if (rank < wanted) window = await pass(window, number)
  }
}

function rowOf(space: Space, rank: number, selection: Selection, i: number): RankedConfiguration {
  return {
    rank,
    counts: countsAt(space, selection.number[i]),
    costPerHour: Math.round(selection.cost[i] * 1e6) / 1e6,
    bound: selection.bound[i],
  }
}

function lastOf({ bound, cost, number }: Selection) {
  const last = bound.length - 1
  return { bound: bound[last], cost: cost[last], number: number[last] }
}

function explainInfeasible(space: Space): Infeasible {
  const cheapest = cheapestServing(space, false)
  if (!cheapest) {
    return {
      limit: 'maximum',
      message: 'the base type may have no instance; raise its maximum to 1 or more',
    }
  }
  const smallestBudget = roundUp(cheapest.cost)
  const counts = cheapest.counts.map((count, t) => `${count} ${space.types[t].name}`)
  const needed = counts.filter((text) => !text.startsWith('0 ')).join(' + ')
  return {
    limit: 'budget',
    message: `a budget of $${space.budgetPerHour} per hour buys nothing that serves the whole mix; the smallest that does is $${smallestBudget} (${needed})`,
    smallestBudget,
  }
}

/** Up to a millionth of a dollar, but never below the cost itself. */
function roundUp(cost: number): number {
  const rounded = Math.round(cost * 1e6) / 1e6
  return rounded >= cost ? rounded : cost
}

function checkCount(field: string, value: number, largest: number): void {
  if (value >= 1 && value <= largest && (Number.isSafeInteger(value) || value === largest)) return
  throw new KairosError('BAD_USAGE', `is ${value}`, { field }, 'a whole number >= 1 is expected')
}
