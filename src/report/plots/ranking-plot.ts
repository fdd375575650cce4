import { typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCount } from '../numbers.ts'
import { boundText, configurationText, targetText } from '../phrases.ts'
import { INK } from './palette.ts'
import { type PlotSpec, scaleOf } from './plot.ts'
import { nameLabels } from './short-names.ts'

/** The most points of a picture: more would only overlap. */
export const MAX_POINTS = 5000

/**
 * Cost against bound: every row is a point, and the frontier of cost and bound is a line.
 *
 * @param listed how many rows the ranking has, where `rows` are its first
 */
export function rankingPlot(
  head: RankingHead,
  rows: readonly RankedConfiguration[],
  listed = rows.length,
): PlotSpec {
  const names = typeNames(head.space)
  const points = rows.map(({ counts, costPerHour, bound, limits }) => ({
    cost: costPerHour,
    bound,
    limit: limitText(limits),
    name: configurationText(names, counts),
  }))
  const frontier = frontierOf(rows).map(({ costPerHour, bound }) => ({ cost: costPerHour, bound }))
  const costs = points.map(({ cost }) => cost)
  const x = {
    ...({ field: 'cost', type: 'quantitative', title: 'dollars an hour' } as const),
    scale: scaleOf(costs),
  }
  const y = {
    field: 'bound',
    type: 'quantitative',
    title: `${boundText(head.bound)}, queries a second`,
  } as const
  return {
    title: {
      text: `${head.workload.model}: what a dollar buys`,
      subtitle: [
        targetText(head.workload),
        'each point is a configuration; the line joins the best at each price',
        ...(listed > rows.length
          ? [`the first ${formatCount(rows.length)} of ${formatCount(listed)} configurations are drawn`]
          : []),
      ],
    },
    width: 640,
    height: 320,
    layer: [
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 28 },
        encoding: { x, y, ...limitMarks(rows) },
      },
      {
        data: { values: upToCost(frontier, Math.max(...costs)) },
        mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
        encoding: { x, y },
      },
    ],
  }
}

/** The first limit of a configuration; a configuration without one serves nothing in time. */
export function limitText(limits: readonly string[] = []): string {
  return limits[0] ?? 'infeasible'
}

/** The colour and the shape by limit, where the limits are known: the closed form has none. */
export function limitMarks(rows: readonly RankedConfiguration[]) {
  if (rows.every(({ limits }) => limits === undefined)) return {}
  const names = [...new Set(rows.map(({ limits }) => limitText(limits)))]
  const legend = nameLabels(names)
  const limit = {
    ...({ field: 'limit', type: 'nominal', title: 'limited most by' } as const),
    ...(legend.labelExpr !== undefined && { legend }),
  }
  return { color: limit, shape: limit }
}

/** The steps of a frontier, the last of which reaches to a cost: what costs more may be no better. */
export function upToCost<Point extends { readonly cost: number }>(
  steps: readonly Point[],
  cost: number,
): Point[] {
  const last = steps.at(-1)
  return last && last.cost < cost ? [...steps, { ...last, cost }] : [...steps]
}

/** The rows that no row at the same or lower cost equals or exceeds, cheapest first. */
export function frontierOf(rows: readonly RankedConfiguration[]): RankedConfiguration[] {
  let best = 0
  return rows
    .toSorted((a, b) => a.costPerHour - b.costPerHour || b.bound - a.bound)
    .filter(({ bound }) => {
      if (bound <= best) return false
      best = bound
      return true
    })
}
