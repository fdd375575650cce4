import { COST_TOLERANCE, typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCents, formatPrice, formatRate, percent } from '../numbers.ts'
import { boundText, configurationText } from '../phrases.ts'
import { markAt, quantity, scaleOf } from '../plots/plot.ts'
import { sampled } from '../plots/sample.ts'
import type { Figure } from './figure.ts'

/** The best bound for each budget. @param frontier by cost; it may reach beyond the budget of the space */
export function budgetFigure(head: RankingHead, frontier: readonly RankedConfiguration[]): Figure {
  const names = typeNames(head.space)
  const budget = head.space.budgetPerHour
  const steps = sampled(frontier.toSorted((a, b) => a.costPerHour - b.costPerHour))
  const inside = steps.filter(({ costPerHour }) => costPerHour <= budget + COST_TOLERANCE)
  const now = inside.at(-1)
  const half = inside.findLast(({ costPerHour }) => costPerHour <= budget / 2)
  const title =
    now === undefined
      ? `No configuration within $${formatPrice(budget)} an hour is feasible`
      : half === undefined
        ? `No configuration within half the budget is feasible`
        : `Half the budget reaches ${percent(half.bound / now.bound, 0)} of the bound`
  const values = steps.map(({ costPerHour, bound }) => ({ budget: costPerHour, bound }))
  const end = Math.max(budget, steps.at(-1)?.costPerHour ?? 0)
  return {
    id: 'budget',
    title,
    caption: `The highest bound within each budget; the dashed line is the budget, $${formatPrice(budget)} an hour.`,
    alt: now
      ? `Bound against budget: ${formatRate(now.bound)} queries a second within $${formatPrice(budget)} an hour${half ? `, ${formatRate(half.bound)} within half of it` : ''}.`
      : 'An empty picture: no configuration is feasible.',
    spec: {
      width: 620,
      height: 220,
      layer: [
        {
          data: {
            values:
              values.length > 0 ? [...values, { budget: end, bound: values[values.length - 1].bound }] : [],
          },
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
      rows: steps.map(({ costPerHour, bound, counts }) => [
        costPerHour,
        bound,
        configurationText(names, counts),
      ]),
    },
  }
}

/** Dollars for a thousand queries at the bound. */
export function dollarsPerThousand(costPerHour: number, bound: number): number {
  return costPerHour / (3.6 * bound)
}

/** What a thousand queries cost at the bound of each configuration of the frontier. */
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
  const title = least
    ? `A thousand queries cost ${formatCents(least.cents)} cents at best, on ${least.configuration}`
    : 'No configuration is feasible'
  return {
    id: 'cost-per-thousand',
    title,
    caption:
      'Cost of a thousand queries when a configuration of the frontier runs at its bound; below the bound a query costs more.',
    alt: least
      ? `Cost per thousand queries against throughput, from ${formatCents(values[0].cents)} cents at ${formatRate(values[0].bound)} queries a second to ${formatCents(values[values.length - 1].cents)} cents at ${formatRate(values[values.length - 1].bound)}.`
      : 'An empty picture: no configuration is feasible.',
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
