/**
 * The other direction: the cheapest configurations whose bound reaches a target.
 *
 * With more money the best bound never falls. So the smallest budget under which enough configurations reach
 * the target is found by bisection, each step a ranking of a few rows; the answer then is among the rows that
 * reach the target under that budget.
 */

import { fluidProgram } from '../bound/fluid.ts'
import type { Kernel, KernelName, Lattice } from '../kernel/contract.ts'
import { defaultThreads } from '../kernel/host.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkGiven, checkWhole } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import type { Infeasible } from '../model/results/infeasible.ts'
import type { Cheapest, RankedConfiguration } from '../model/results/ranking.ts'
import type { Service } from '../model/service.ts'
import { type Counts, checkSpace, costOf, type Space, sizeOf } from '../model/space.ts'
import { checkWorkload, type Workload } from '../model/workload.ts'
import { explainInfeasible } from './feasibility.ts'
import { countsAt, latticeOf } from './lattice.ts'
import { rankedPages } from './pages.ts'
import { describer } from './rows.ts'
import type { SelectionSetting } from './selection.ts'

export interface CheapestRequest {
  readonly workload: Workload
  readonly space: Space
  /** Queries a second that the bound has to reach. */
  readonly targetQps: number
  /** How many instances, whichever they are, may be lost with the target still reached; 0 by default. */
  readonly spare?: number
  readonly topN?: number
  /** Whether service times are drawn, as by default, or means. */
  readonly service?: Service | undefined
  readonly threads?: number
  readonly kernel?: KernelName
  readonly signal?: AbortSignal | undefined
}

/** Rows of one page of a ranking. */
const PAGE = 4096

/** Steps of a bisection: to 2^-40 of the budget. */
const STEPS = 40

/**
 * The cheapest configurations whose fluid bound reaches `targetQps`, within every limit of the space; exact.
 *
 * @throws KairosError BAD_MODEL, BAD_USAGE for input that cannot be answered, ABORTED by `signal`
 */
export async function cheapestConfigurations(request: CheapestRequest): Promise<Cheapest> {
  checkGiven(request)
  const { workload, space, targetQps, spare = 0, topN = 20, kernel = 'wasm' } = request
  checkWorkload(workload)
  checkSpace(space)
  checkWhole('topN', topN, 1)
  checkWhole('spare', spare, 0, 8)
  if (!(targetQps > 0 && Number.isFinite(targetQps))) {
    throw new KairosError(
      'BAD_USAGE',
      `is ${targetQps}`,
      { field: 'targetQps' },
      'expected queries a second > 0',
    )
  }
  const head = {
    workload: { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile },
    space,
    bound: 'fluid' as const,
    targetQps,
    spare,
    considered: sizeOf(space),
  }
  const search = new Search(request)
  let high = space.budgetPerHour
  if ((await search.reaching(high, topN)).length < topN) {
    const all = await search.reaching(high, Number.POSITIVE_INFINITY)
    if (all.length > 0) return { ...head, rows: search.describe(all.sort(cheaper), kernel) }
    return { ...head, rows: [], infeasible: await search.explain() }
  }
  let low = 0
  for (let step = 0; step < STEPS && high - low > 1e-9 * high; step++) {
    const middle = (low + high) / 2
    if ((await search.reaching(middle, topN)).length < topN) low = middle
    else high = middle
  }
  const found = await search.reaching(high, Number.POSITIVE_INFINITY)
  return { ...head, rows: search.describe(found.sort(cheaper).slice(0, topN), kernel) }
}

interface Found {
  readonly number: number
  readonly cost: number
  readonly bound: number
}

function cheaper(a: Found, b: Found): number {
  return a.cost - b.cost || b.bound - a.bound || a.number - b.number
}

/** One question asked under different budgets. */
class Search {
  private readonly kernel: Kernel
  private readonly program: ReturnType<typeof fluidProgram>
  private readonly setting: SelectionSetting

  constructor(private readonly request: CheapestRequest) {
    const { workload, space, kernel = 'wasm', threads = defaultThreads(), signal } = request
    this.kernel = loadKernel(kernel)
    this.program = fluidProgram(
      workload,
      space.types.map((type) => type.name),
      request.service,
    )
    this.setting = { kernel, threads, signal }
  }

  /** Up to `wanted` configurations within a budget that reach the target, those of the largest bound first. */
  async reaching(budget: number, wanted: number): Promise<Found[]> {
    const { space, targetQps, spare = 0 } = this.request
    const lattice = { ...latticeOf(space), budget }
    const found: Found[] = []
    const limit = spare > 0 ? PAGE : Math.min(PAGE, wanted)
    for await (const rows of rankedPages(this.query(lattice), limit, this.setting)) {
      for (let i = 0; i < rows.bound.length && found.length < wanted; i++) {
        const row = { number: rows.number[i], cost: rows.cost[i], bound: rows.bound[i] }
        if (row.bound < targetQps) return found
        if (spare === 0 || this.survives(countsAt(space, row.number), spare)) found.push(row)
      }
      if (found.length >= wanted) return found
    }
    return found
  }

  private query(lattice: Lattice) {
    return { lattice, program: this.program, size: sizeOf(this.request.space) }
  }

  /** Whether the target is reached after the loss of any `spare` instances. */
  private survives(counts: Counts, spare: number): boolean {
    const left: number[][] = []
    const lose = (t: number, lost: number, rest: number[]) => {
      if (lost === 0) left.push(rest)
      else if (t < counts.length) {
        for (let n = 0; n <= Math.min(lost, rest[t]); n++) {
          lose(t + 1, lost - n, rest.with(t, rest[t] - n))
        }
      }
    }
    lose(0, spare, [...counts])
    // fewer instances than may be lost: nothing is left
    if (left.length === 0) return false
    const { bound } = this.kernel.fluidBounds({
      program: this.program,
      counts: Float64Array.from(left.flat()),
    })
    return bound.every((value) => value >= this.request.targetQps)
  }

  /** Rows as a ranking has them, but cheapest first: the rank is the place in this order. */
  describe(found: readonly Found[], kernel: KernelName): RankedConfiguration[] {
    const { workload, space } = this.request
    const describe = describer({ workload, space, bound: 'fluid', kernel, pareto: false })
    const rows = describe(
      {
        withinBudget: 0,
        feasible: 0,
        bound: Float64Array.from(found, (row) => row.bound),
        cost: Float64Array.from(found, (row) => row.cost),
        number: Float64Array.from(found, (row) => row.number),
      },
      0,
      found.length,
    )
    // cheapest first, a row is beaten by an earlier one that is bounded no lower
    let best: RankedConfiguration | undefined
    return rows.map((row) => {
      const dominatedBy = best && best.bound >= row.bound ? best.rank : null
      if (dominatedBy === null) best = row
      return { ...row, dominatedBy }
    })
  }

  /** Why nothing reaches the target: what alone would change that. */
  async explain(): Promise<Infeasible> {
    const { workload, space, spare = 0 } = this.request
    const { value } = await rankedPages(this.query(latticeOf(space)), 1, this.setting).next()
    const best: number | undefined = value?.bound[0]
    if (best === undefined) return explainInfeasible(workload, space)
    const everything = costOf(
      space,
      space.types.map((type) => type.max),
    )
    const remedies: Infeasible['remedies'][number][] = []
    if (everything > space.budgetPerHour && (await this.reaching(everything, 1)).length > 0) {
      let low = space.budgetPerHour
      let high = everything
      for (let step = 0; step < STEPS && high - low > 1e-9 * high; step++) {
        const middle = (low + high) / 2
        if ((await this.reaching(middle, 1)).length === 0) low = middle
        else high = middle
      }
      const cheapest = (await this.reaching(high, Number.POSITIVE_INFINITY)).sort(cheaper)[0]
      const value = Math.ceil(cheapest.cost * 1e6 - 1e-6) / 1e6
      remedies.push({ limit: 'budget', value, message: `raise the budget to $${value} an hour` })
    }
    const lowered = Math.floor(best * 1000) / 1000
    if (spare === 0)
      remedies.push({ limit: 'target', value: lowered, message: `lower the target to ${lowered} q/s` })
    else
      remedies.push({
        limit: 'target',
        message: `lower the target (without any loss ${lowered} q/s are possible) or spare fewer`,
      })
    const budget = remedies.find((remedy) => remedy.limit === 'budget')?.value
    return {
      limits: remedies.map((remedy) => remedy.limit),
      message: remedies.map((remedy) => remedy.message).join(', or '),
      remedies,
      ...(budget !== undefined && { smallestBudget: budget }),
    }
  }
}
