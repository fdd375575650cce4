import { closedForm, deriveProfile } from '../bound/closed-form.ts'
import { gainsOfOneMore, qpsPerPoint } from '../bound/one-more.ts'
import { closedFormEstimate } from '../kernel/closed-form.ts'
import type {
  BoundMore,
  FluidProgram,
  Kernel,
  KernelBounds,
  KernelName,
  RankColumns,
} from '../kernel/contract.ts'
import { countsAt } from '../kernel/lattice.ts'
import { COST_TOLERANCE, dollars, type Space, typeNames } from '../model/fleet/space.ts'
import type { RankedConfiguration } from '../model/results/ranking.ts'
import type { Workload } from '../model/workload/workload.ts'
import { latticeOf } from './select/lattice.ts'

/** What the fluid bound adds to rows: gains, limits, and the closed form for comparison. */
interface FluidDetail {
  readonly kernel: KernelName
  readonly here: Kernel
  readonly workload: Workload
  readonly program: FluidProgram
}

/** Turns rows `from` to `to` of columns into configurations, some at a time: a caller may stop between the parts. */
type DescribeRows = (columns: RankColumns, from: number, to: number) => Iterable<() => RankedConfiguration[]>

/** Cells of service times that are bounded at a time: some tens of milliseconds. */
const CELLS = 2 ** 16

/**
 * Describes the rows of a ranking in their order: a row is dominated only by an earlier one.
 *
 * @param pareto whether dominated rows are left out
 */
export function rowDescriber(space: Space, detail: FluidDetail | undefined, pareto: boolean): DescribeRows {
  const lattice = latticeOf(space)
  const withDetail = detail && fluidRows(space, detail)
  let seen = 0
  // the cheapest row so far dominates every later row that is not cheaper
  let cheapest = { cost: Infinity, rank: 0 }
  return function* ({ bound, cost, number }, from, to) {
    const rows: RankedConfiguration[] = []
    for (let i = from; i < to; i++) {
      const rank = ++seen
      const dominatedBy = cheapest.cost <= cost[i] + COST_TOLERANCE ? cheapest.rank : null
      if (dominatedBy === null) cheapest = { cost: cost[i], rank }
      else if (pareto) continue
      const counts = countsAt(lattice, number[i])
      const row = { rank, counts, costPerHour: dollars(cost[i]), bound: bound[i] }
      rows.push(
        withDetail
          ? { ...row, budgetSlack: dollars(Math.max(0, space.budgetPerHour - cost[i])), dominatedBy }
          : row,
      )
    }
    if (withDetail) yield* withDetail(rows)
    else yield () => rows
  }
}

/** A price is no limit if it is this share of the bound, which rounding leaves. */
const PRICE_ROUNDING = 1e-12

/**
 * Each call is solved from scratch, so that its prices do not depend on the rows before; they do not depend on how it
 * is divided either.
 */
function fluidRows(space: Space, { kernel, here, workload, program }: FluidDetail) {
  const names = typeNames(space)
  const types = names.length
  const form = closedForm(deriveProfile(workload, space), space)
  // in the fallback a configuration takes 1 ms, with 16 types 1 s; each row needs one more of every type
  const atATime = kernel === 'fallback' ? 1 : Math.ceil(CELLS / (program.service.length * (1 + types)))
  const inOne = (counts: Float64Array) => here.fluidBounds({ program, counts })
  let lists: KernelBounds[] | undefined
  return function* (rows: readonly RankedConfiguration[]): Iterable<() => RankedConfiguration[]> {
    if (rows.length <= atATime) {
      yield () => describe(rows, inOne, inOne)
      return
    }
    lists ??= [here.createBounds(program), here.createBounds(program)]
    const [own, ofOneMore] = lists.map((list) => list.begin())
    for (let from = 0; from < rows.length; from += atATime) {
      yield () => describe(rows.slice(from, from + atATime), own, ofOneMore)
    }
  }

  function describe(rows: readonly RankedConfiguration[], own: BoundMore, ofOneMore: BoundMore) {
    const all = rows.map((row) => row.counts)
    const { bound, price, violationPrice } = own(Float64Array.from(all.flat()))
    const gains = gainsOfOneMore(ofOneMore, all, bound)
    return rows.map(({ budgetSlack, dominatedBy, ...row }, i) => {
      const marginalQps = Array.from(price.subarray(i * types, (i + 1) * types))
      const oneMoreQps = Array.from(gains.subarray(i * types, (i + 1) * types))
      const value = (t: number) => marginalQps[t] * row.counts[t]
      const marginalQpsPerPoint = qpsPerPoint(violationPrice[i], row.bound)
      const rounding = PRICE_ROUNDING * row.bound
      const limiting = marginalQps
        .flatMap((_, t) => (value(t) > rounding ? [t] : []))
        .sort((a, b) => value(b) - value(a))
      return {
        ...row,
        closedForm: row.counts[form.base] > 0 ? closedFormEstimate(form, row.counts) : null,
        limits: [...limiting.map((t) => names[t]), ...(marginalQpsPerPoint > rounding ? ['percentile'] : [])],
        oneMoreQps,
        oneMoreQpsPerDollar: oneMoreQps.map((gain, t) => gain / space.types[t].pricePerHour),
        marginalQps,
        marginalQpsPerPoint,
        budgetSlack: budgetSlack!,
        dominatedBy: dominatedBy!,
      }
    })
  }
}
