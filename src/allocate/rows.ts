import { closedForm, deriveProfile } from '../bound/closed-form.ts'
import { fluidProgram } from '../bound/fluid.ts'
import { closedFormBound } from '../kernel/closed-form.ts'
import type { KernelName, Selection } from '../kernel/contract.ts'
import { loadKernel } from '../kernel/load.ts'
import type { BoundName } from '../model/bounds.ts'
import type { RankedConfiguration } from '../model/results/ranking.ts'
import type { Space } from '../model/space.ts'
import type { Workload } from '../model/workload.ts'
import { countsAt } from './lattice.ts'

interface Setting {
  readonly workload: Workload
  readonly space: Space
  readonly bound: BoundName
  readonly kernel: KernelName
  readonly pareto: boolean
}

/**
 * Makes rows of selections that come best first, one after the other: what dominates a row came before it.
 */
export function describer(setting: Setting) {
  const { space, bound, pareto } = setting
  const detail = bound === 'fluid' ? fluidDetail(setting) : undefined
  let seen = 0
  // the cheapest row so far: it dominates every later row that is not cheaper still
  let cheapest = { cost: Number.POSITIVE_INFINITY, rank: 0 }
  return (window: Selection, from: number, to: number): RankedConfiguration[] => {
    const rows: RankedConfiguration[] = []
    for (let i = from; i < to; i++) {
      const rank = ++seen
      const cost = window.cost[i]
      const dominatedBy = cheapest.cost <= cost ? cheapest.rank : null
      if (dominatedBy === null) cheapest = { cost, rank }
      else if (pareto) continue
      const row = {
        rank,
        counts: countsAt(space, window.number[i]),
        costPerHour: dollars(cost),
        bound: window.bound[i],
      }
      rows.push(detail ? { ...row, budgetSlack: dollars(space.budgetPerHour - cost), dominatedBy } : row)
    }
    return detail ? detail(rows) : rows
  }
}

/** Sums of prices to a millionth, without the crumbs of their rounding. */
export function dollars(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** Adds what the prices say. Each batch is solved from scratch, so that prices do not depend on what went before. */
function fluidDetail({ workload, space, kernel: name }: Setting) {
  const names = space.types.map((type) => type.name)
  const kernel = loadKernel(name)
  const program = fluidProgram(workload, names)
  const form = closedForm(deriveProfile(workload, space), space)
  return (rows: RankedConfiguration[]): RankedConfiguration[] => {
    const types = names.length
    const { price, violationPrice } = kernel.fluidBounds({
      program,
      counts: Float64Array.from(rows.flatMap((row) => row.counts)),
    })
    return rows.map((row, i) => {
      const prices = Array.from(price.subarray(i * types, (i + 1) * types))
      const worth = (t: number) => prices[t] * row.counts[t]
      const limiting = prices.flatMap((_, t) => (worth(t) > 0 ? [t] : [])).sort((a, b) => worth(b) - worth(a))
      const { rank, counts, costPerHour, bound, budgetSlack, dominatedBy } = row
      return {
        rank,
        counts,
        costPerHour,
        bound,
        closedForm: closedFormBound(form, counts),
        prices,
        violationPrice: violationPrice[i],
        limits: [...limiting.map((t) => names[t]), ...(violationPrice[i] > 0 ? ['percentile'] : [])],
        gainPerDollar: prices.map((value, t) => value / space.types[t].pricePerHour),
        budgetSlack: budgetSlack!,
        dominatedBy: dominatedBy!,
      }
    })
  }
}
