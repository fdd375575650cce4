/**
 * The cheapest configurations whose bound reaches a target.
 *
 * The best bound never falls with the budget. So bisection finds the smallest budget under which enough
 * configurations reach the target; each step ranks a few rows. The answer is among the rows that reach the target
 * within that budget.
 */
import { fluidProgram } from '../bound/fluid.ts'
import type { FluidProgram, KernelName, Rank } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import { columnsOf, countsAt } from '../kernel/lattice.ts'
import { checkGiven, checkWhole } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import type { Infeasible, Remedy } from '../model/results/infeasible.ts'
import type { Cheapest, RankedConfiguration } from '../model/results/ranking.ts'
import type { Service } from '../model/service.ts'
import { type Counts, checkSpace, costOf, type Space, sizeOf, slotsOf, typeNames } from '../model/space.ts'
import { checkWorkload, summaryOf, type Workload } from '../model/workload.ts'
import { explainInfeasible, infeasibleFor } from './feasibility.ts'
import { rowDescriber } from './rows.ts'
import { fluidSpace } from './select/lattice.ts'
import { rankedPages, rankedRows } from './select/pages.ts'
import { type SelectSetting, selectSetting } from './select/setting.ts'

export interface CheapestRequest {
  readonly workload: Workload
  readonly space: Space
  /** Queries per second that the bound has to reach. */
  readonly targetQps: number
  /** How many instances, whichever they are, may be lost with the target still reached; 0 by default. */
  readonly spare?: number
  readonly topN?: number
  /** Whether service times are sampled, as by default, or means. */
  readonly service?: Service | undefined
  readonly threads?: number
  readonly kernel?: KernelName
  readonly signal?: AbortSignal | undefined
}

/** Rows of one page of a ranking. */
const PAGE = 4096

/** The relative precision of a budget, and the most steps of a bisection. */
const PRECISION = 1e-9
const STEPS = 40

/**
 * The cheapest configurations whose fluid bound reaches `targetQps`, within every limit of the space; exact.
 *
 * @throws KairosError BAD_MODEL or BAD_USAGE for input that cannot be answered, ABORTED by `signal`
 */
export async function cheapestConfigurations(request: CheapestRequest): Promise<Cheapest> {
  checkGiven(request)
  const target = targetOf(request)
  const { workload, space, targetQps, spare } = target
  const { topN = 20 } = request
  checkWhole('topN', topN, 1)
  const head = {
    workload: summaryOf(workload),
    space,
    bound: 'fluid' as const,
    targetQps,
    spare,
    considered: sizeOf(space),
  }
  const all = Infinity
  if ((await reaching(target, space.budgetPerHour, topN)).length < topN) {
    const found = await reaching(target, space.budgetPerHour, all)
    if (found.length > 0) return { ...head, rows: describe(target, found.sort(byCost)) }
    return { ...head, rows: [], infeasible: await explainTarget(target) }
  }
  const found = await reaching(target, await smallestBudget(target, 0, space.budgetPerHour, topN), all)
  return { ...head, rows: describe(target, found.sort(byCost).slice(0, topN)) }
}

/** A checked request with its defaults. */
interface Target {
  readonly workload: Workload
  readonly space: Space
  readonly targetQps: number
  readonly spare: number
  readonly program: FluidProgram
  readonly setting: SelectSetting
}

function targetOf(request: CheapestRequest): Target {
  const { workload, space, targetQps, spare = 0, service, signal } = request
  const { kernel = 'wasm', threads = defaultThreads() } = request
  checkWorkload(workload)
  checkSpace(space)
  checkWhole('spare', spare, 0, 8)
  if (!(targetQps > 0 && Number.isFinite(targetQps))) {
    const cure = 'expected queries a second > 0'
    throw new KairosError('BAD_USAGE', `is ${targetQps}`, { field: 'targetQps' }, cure)
  }
  const program = fluidProgram(workload, typeNames(space), service, slotsOf(space))
  const setting = selectSetting({ kernel, threads, signal })
  return { workload, space, targetQps, spare, program, setting }
}

/** Cheapest first. */
function byCost(a: Rank, b: Rank): number {
  return a.cost - b.cost || b.bound - a.bound || a.number - b.number
}

/** Up to `wanted` configurations within a budget that reach the target, the largest bounds first. */
async function reaching(target: Target, budgetPerHour: number, wanted: number): Promise<Rank[]> {
  const { space, targetQps, spare, program, setting } = target
  const within = fluidSpace({ ...space, budgetPerHour }, program)
  const found: Rank[] = []
  const limit = spare > 0 ? PAGE : Math.min(PAGE, wanted)
  for await (const row of rankedRows(rankedPages(within, limit, setting))) {
    if (row.bound < targetQps) break
    if (spare === 0 || survives(target, countsAt(within.lattice, row.number))) found.push(row)
    if (found.length === wanted) break
  }
  return found
}

/** The smallest budget from `low` to `high` under which `wanted` configurations reach the target, which do at `high`. */
async function smallestBudget(target: Target, low: number, high: number, wanted: number): Promise<number> {
  for (let step = 0; step < STEPS && high - low > PRECISION * high; step++) {
    const middle = (low + high) / 2
    if ((await reaching(target, middle, wanted)).length < wanted) low = middle
    else high = middle
  }
  return high
}

/** Whether the target is reached after the loss of any `spare` instances. */
function survives({ targetQps, spare, program, setting }: Target, counts: Counts): boolean {
  const left: number[][] = []
  const lose = (t: number, lost: number, rest: number[]) => {
    if (lost === 0) left.push(rest)
    else if (t < counts.length) {
      for (let n = 0; n <= Math.min(lost, rest[t]); n++) lose(t + 1, lost - n, rest.with(t, rest[t] - n))
    }
  }
  lose(0, spare, [...counts])
  // with fewer instances than may be lost, nothing is left
  if (left.length === 0) return false
  const { bound } = setting.here.fluidBounds({ program, counts: Float64Array.from(left.flat()) })
  return bound.every((value) => value >= targetQps)
}

/** Rows as in a ranking, but ranked by cost: a row is dominated by an earlier one with at least its bound. */
function describe(
  { workload, space, program, setting }: Target,
  found: readonly Rank[],
): RankedConfiguration[] {
  const describeRows = rowDescriber(space, { kernel: setting.here, workload, program }, false)
  let best: RankedConfiguration | undefined
  return describeRows(columnsOf(found), 0, found.length).map((row) => {
    const dominatedBy = best && best.bound >= row.bound ? best.rank : null
    if (dominatedBy === null) best = row
    return { ...row, dominatedBy }
  })
}

/** Why no configuration reaches the target, and which single changes would help. */
async function explainTarget(target: Target): Promise<Infeasible> {
  const { workload, space, spare, program, setting } = target
  const { value: best } = await rankedRows(rankedPages(fluidSpace(space, program), 1, setting)).next()
  if (best === undefined) return explainInfeasible(workload, space)
  const remedies: Remedy[] = []
  const everything = costOf(
    space,
    space.types.map((type) => type.max),
  )
  if (everything > space.budgetPerHour && (await reaching(target, everything, 1)).length > 0) {
    const budget = await smallestBudget(target, space.budgetPerHour, everything, 1)
    const [cheapest] = (await reaching(target, budget, Infinity)).sort(byCost)
    const value = Math.ceil(cheapest.cost * 1e6 - 1e-6) / 1e6
    remedies.push({ limit: 'budget', value, message: `raise the budget to $${value} an hour` })
  }
  const lowered = Math.floor(best.bound * 1000) / 1000
  remedies.push(
    spare === 0
      ? { limit: 'target', value: lowered, message: `lower the target to ${lowered} q/s` }
      : {
          limit: 'target',
          message: `lower the target (without any loss ${lowered} q/s are possible) or spare fewer`,
        },
  )
  return infeasibleFor(remedies)
}
