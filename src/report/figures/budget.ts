import { costLimit, dollars, typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCents, formatPrice, formatRate, percent } from '../numbers.ts'
import { boundText, configurationText } from '../phrases.ts'
import { markAt, quantity, scaleOf } from '../plots/plot.ts'
import { sampled } from '../plots/sample.ts'
import type { Figure } from './figure.ts'

/**
 * The best bound for each budget.
 *
 * @param frontier it has a configuration within the budget of the space, and may reach beyond it
 */
export function budgetFigure(head: RankingHead, frontier: readonly RankedConfiguration[]): Figure {
  const names = typeNames(head.space)
  const budget = head.space.budgetPerHour
  const byCost = frontier.toSorted((a, b) => a.costPerHour - b.costPerHour)
  const bestWithin = (budgetPerHour: number) => {
    // costs of rows are rounded, so the limit is too
    const limit = dollars(costLimit({ budgetPerHour }))
    return byCost.findLast(({ costPerHour }) => costPerHour <= limit)
  }
  const now = bestWithin(budget)!
  const half = bestWithin(budget / 2)
  const title = half
    ? `Half the budget reaches ${percent(half.bound / now.bound, 0)} of the bound`
    : `No configuration within half the budget is feasible`
  const steps = sampled(byCost)
  const values = steps.map(({ costPerHour, bound }) => ({ budget: costPerHour, bound }))
  const last = values[values.length - 1]
  return {
    id: 'budget',
    title,
    caption: `The highest bound within each budget; the dashed line is the budget, $${formatPrice(budget)} an hour.`,
    alt: `Bound against budget: ${formatRate(now.bound)} queries a second within $${formatPrice(budget)} an hour${half ? `, ${formatRate(half.bound)} within half of it` : ''}.`,
    spec: {
      width: 620,
      height: 220,
      layer: [
        {
          data: { values: [...values, { ...last, budget: Math.max(budget, last.budget) }] },
          mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
          encoding: {
            x: quantity('budget', 'budget, dollars an hour', { scale: { zero: true, nice: false } }),
            y: quantity('bound', `${boundText(head.bound)}, queries a second`),
          },
        },
        markAt('x', 'budget, dollars an hour', budget),
      ],
    },
    data: {
      columns: ['budget_dollars_per_hour', 'bound_qps', 'configuration'],
      rows: steps.map((row) => [row.costPerHour, row.bound, configurationText(names, row.counts)]),
    },
  }
}

/** Dollars for a thousand queries at the bound. */
export function dollarsPerThousand(costPerHour: number, bound: number): number {
  return costPerHour / (3.6 * bound)
}

/** What a thousand queries cost at the bound of each configuration of the frontier, which has one at least. */
export function costPerQueryFigure(head: RankingHead, frontier: readonly RankedConfiguration[]): Figure {
  const names = typeNames(head.space)
  const steps = sampled(frontier.toSorted((a, b) => a.costPerHour - b.costPerHour))
  const values = steps.map(({ counts, costPerHour, bound }) => ({
    configuration: configurationText(names, counts),
    bound,
    cents: 100 * dollarsPerThousand(costPerHour, bound),
  }))
  // rounded: one type costs the same at every count, up to the last digits
  const drawn = values.map((value) => ({ ...value, cents: Number(value.cents.toPrecision(9)) }))
  const least = drawn.toSorted((a, b) => a.cents - b.cents)[0]
  const [first, last] = [values[0], values[values.length - 1]]
  return {
    id: 'cost-per-thousand',
    title: `A thousand queries cost ${formatCents(least.cents)} cents at best, on ${least.configuration}`,
    caption:
      'Cost of a thousand queries when a configuration of the frontier runs at its bound; below the bound a query costs more.',
    alt: `Cost per thousand queries against throughput, from ${formatCents(first.cents)} cents at ${formatRate(first.bound)} queries a second to ${formatCents(last.cents)} cents at ${formatRate(last.bound)}.`,
    spec: {
      width: 620,
      height: 200,
      data: { values: drawn },
      mark: { type: 'line', point: { size: 25 }, strokeWidth: 1.5 },
      encoding: {
        x: quantity('bound', 'throughput at the bound, queries a second', {
          scale: scaleOf(values.map(({ bound }) => bound)),
        }),
        y: quantity('cents', 'cents for 1,000 queries', { scale: scaleOf(drawn.map(({ cents }) => cents)) }),
      },
    },
    data: {
      columns: ['configuration', 'queries_per_second', 'cents_per_thousand_queries'],
      rows: values.map(({ configuration, bound, cents }) => [configuration, bound, cents]),
    },
  }
}
