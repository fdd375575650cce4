/** The cheapest configurations whose bound reaches a target. */
import { fluidBoundsOf, spaceProgram } from '../../bound/fluid.ts'
import type { FluidProgram, KernelName, Rank } from '../../kernel/contract.ts'
import { defaultThreads } from '../../kernel/host.ts'
import { columnsOf } from '../../kernel/lattice.ts'
import { bisectRates } from '../../model/bisection.ts'
import {
  checkChoice,
  checkGiven,
  checkWhole,
  MOST_THREADS,
  type OptionNames,
  valueText,
} from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { budgetFor, checkSpace, costOf, type Space, sizeOf } from '../../model/fleet/space.ts'
import type { Infeasible, Remedy } from '../../model/results/infeasible.ts'
import type { Cheapest, RankedConfiguration } from '../../model/results/ranking.ts'
import { DEFAULT_SERVICE, SERVICES, type Service } from '../../model/workload/service.ts'
import { checkWorkload, summaryOf, type Workload } from '../../model/workload/workload.ts'
import { type EarlyEndOptions, earlyEnd } from '../early-end.ts'
import {
  explainInfeasible,
  infeasibleFor,
  largestCounts,
  roundedDown,
  tooFewInstances,
  withoutRemedy,
} from '../feasibility.ts'
import { rowDescriber } from '../rows.ts'
import { fluidSpace } from '../select/lattice.ts'
import { rankedPages } from '../select/pages.ts'
import { type SelectSetting, selectSetting } from '../select/setting.ts'
import type { CheapestSearch } from './cheapest-first.ts'
import { cheapestRows } from './cheapest-rows.ts'
import { afterLosses, MOST_SPARE } from './losses.ts'

/** A space, a workload, and the throughput that the cheapest configurations are to reach. */
export interface CheapestRequest extends EarlyEndOptions {
  readonly workload: Workload
  readonly space: Space
  /** Queries per second that the bound has to reach. */
  readonly targetQps: number
  /** How many instances, whichever they are, may be lost with the target still reached; 0 by default. */
  readonly spare?: number | undefined
  /** How many rows to return, cheapest first; 20 by default. */
  readonly topN?: number | undefined
  /** Whether service times are sampled, as by default, or means. */
  readonly service?: Service | undefined
  /** Threads that look for what would help where no configuration reaches the target; all of the machine by default. */
  readonly threads?: number | undefined
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<CheapestRequest> = {
  workload: true,
  space: true,
  targetQps: true,
  spare: true,
  topN: true,
  service: true,
  threads: true,
  kernel: true,
  signal: true,
  timeLimitMs: true,
  stop: true,
}

/**
 * The cheapest configurations whose fluid bound reaches `targetQps`, within every limit of the space; exact.
 *
 * @throws KairosError BAD_MODEL or BAD_USAGE for input that cannot be answered, the reason of `signal` where it aborts
 */
export async function cheapestConfigurations(request: CheapestRequest): Promise<Cheapest> {
  checkGiven(request, OPTIONS)
  const target = targetOf(request)
  const { workload, space, targetQps, spare } = target
  const { topN = 20 } = request
  checkWhole('topN', topN, 1)
  const search = searchOf(target, space)
  const found = await take(search.rows, topN)
  const { visited, pruned, floor, unproven } = search.state()
  const head = {
    workload: summaryOf(workload),
    space,
    bound: 'fluid' as const,
    targetQps,
    spare,
    considered: sizeOf(space),
  }
  const provenRows = found.length
  const endedEarly = provenRows < topN && floor < Infinity
  if (endedEarly) found.push(...unproven.slice(0, topN - provenRows))
  // a row that is not proven could be undercut by the first open node
  const gap = endedEarly && provenRows === 0 ? (found.length > 0 ? 1 - floor / found[0].cost : Infinity) : 0
  const proof = { visited, pruned, gap, ...(endedEarly && { provenRows }) }
  if (found.length > 0 || endedEarly) return { ...head, proof, rows: describe(target, found) }
  return { ...head, proof, rows: [], infeasible: await explainTarget(target) }
}

/** A checked request with its defaults. */
interface Target {
  readonly workload: Workload
  readonly space: Space
  readonly targetQps: number
  readonly spare: number
  readonly service: Service
  readonly program: FluidProgram
  readonly setting: SelectSetting
}

function targetOf(request: CheapestRequest): Target {
  const { workload, space, targetQps, spare = 0, service = DEFAULT_SERVICE, signal } = request
  const { kernel = 'wasm', threads = defaultThreads() } = request
  checkWorkload(workload)
  checkSpace(space)
  checkWhole('spare', spare, 0, MOST_SPARE)
  checkWhole('threads', threads, 1, MOST_THREADS)
  checkChoice('service', service, SERVICES)
  if (!(Number.isFinite(targetQps) && targetQps > 0)) {
    refuseUsage('targetQps', `is ${valueText(targetQps)}`, 'expected queries a second > 0')
  }
  const program = spaceProgram(workload, space, service)
  const setting = selectSetting({ kernel, threads, signal, end: earlyEnd(request) })
  return { workload, space, targetQps, spare, service, program, setting }
}

function searchOf({ program, targetQps, spare, setting }: Target, space: Space): CheapestSearch {
  return cheapestRows({ ...fluidSpace(space, program), targetQps, spare }, setting)
}

async function take<T>(items: AsyncIterable<T>, most: number): Promise<T[]> {
  const taken: T[] = []
  for await (const item of items) if (taken.push(item) === most) break
  return taken
}

/** Rows as in a ranking, but ranked by cost: a row is dominated by an earlier one with at least its bound. */
function describe(
  { workload, space, program, setting }: Target,
  found: readonly Rank[],
): RankedConfiguration[] {
  const describeRows = rowDescriber(space, { ...setting, workload, program }, false)
  let best: RankedConfiguration | undefined
  const described = Array.from(describeRows(columnsOf(found), 0, found.length), (part) => part()).flat()
  return described.map((row) => {
    const dominatedBy = best && best.bound >= row.bound ? best.rank : null
    if (dominatedBy === null) best = row
    return { ...row, dominatedBy }
  })
}

const NO_TIME = withoutRemedy(
  'no configuration reaches the target, and the search ended before it found what would help',
)

/** Why no configuration reaches the target, and which single changes would help, if there is time to find that out. */
async function explainTarget(target: Target): Promise<Infeasible> {
  const { workload, space, spare, service, program, setting } = target
  const { value: page } = await rankedPages(fluidSpace(space, program), 1, setting).next()
  const bestBound: number | undefined = page.bound[0]
  // a search that ended early has not found the best row
  if (setting.end.isDue()) return NO_TIME
  const remedies: Remedy[] = []
  const unlimited = { ...space, budgetPerHour: costOf(space, largestCounts(space)) }
  const [cheapest] = await take(searchOf(target, unlimited).rows, 1)
  if (setting.end.isDue()) return NO_TIME
  if (cheapest) {
    const value = budgetFor(cheapest.cost)
    remedies.push({ limit: 'budget', value, message: `raise the budget to $${value} an hour` })
  }
  if (bestBound === undefined) {
    const { remedies: forAnyRate } = explainInfeasible(workload, space, program, service)
    for (const remedy of forAnyRate) if (await reachesTarget(target, remedy)) remedies.push(remedy)
    if (setting.end.isDue()) return NO_TIME
    if (remedies.length > 0 || forAnyRate.length === 0) return infeasibleFor(remedies)
    const { message } = infeasibleFor(forAnyRate)
    return withoutRemedy(`no change alone reaches the target; for some lower one, ${message}`)
  }
  const most = roundedDown(bestBound)
  const reached = spare === 0 ? most : roundedDown(await reachedDespiteLosses(target, bestBound))
  if (setting.end.isDue()) return NO_TIME
  remedies.push(
    reached > 0
      ? { limit: 'target', value: reached, message: `lower the target to ${reached} q/s` }
      : { limit: 'target', message: `spare fewer: without any loss ${most} q/s are possible` },
  )
  const answer = infeasibleFor(remedies)
  return cheapest ? answer : { ...answer, message: `${answer.message}; ${tooFewInstances(spare)}` }
}

/** Whether a change that makes something feasible is also enough for the target; only those of the workload may be. */
async function reachesTarget(target: Target, { limit, value }: Remedy): Promise<boolean> {
  if (limit !== 'qos' && limit !== 'percentile') return false
  const { space, service } = target
  const workload = { ...target.workload, [limit === 'qos' ? 'qosMs' : 'percentile']: value }
  const program = spaceProgram(workload, space, service)
  const found = await take(searchOf({ ...target, workload, program }, space).rows, 1)
  return found.length > 0
}

/** The bisection of targets ends when the one that is missed is at most this many times the one that is reached. */
const TARGET_PRECISION = 1.001

/** The largest target that a configuration reaches despite the losses, to 0.1%; 0 if `most` / 1000 is not reached. */
async function reachedDespiteLosses(target: Target, most: number): Promise<number> {
  const { program, space, spare, setting } = target
  let reached = 0
  const isReached = async (targetQps: number) => {
    const [row] = await take(searchOf({ ...target, targetQps }, space).rows, 1)
    if (row) {
      // what a loss leaves of the row is more than the target that it was found by
      const rests = afterLosses(describe(target, [row])[0].counts, spare)
      const { bound } = fluidBoundsOf(setting.here, program, rests)
      reached = Math.max(reached, Math.min(...bound))
    }
    return row !== undefined
  }
  if (!(await isReached(most / 1000))) return 0
  const bisection = bisectRates(most / 1000, most, TARGET_PRECISION)
  let step = bisection.next()
  while (!step.done) step = bisection.next(await isReached(step.value))
  return reached
}
