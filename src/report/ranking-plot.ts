import type { RankedConfiguration, RankingHead } from '../model/results/ranking.ts'
import { INK } from './palette.ts'
import { configurationText, targetText } from './phrases.ts'
import type { PlotSpec } from './plot.ts'

/** The most points of a picture: more would only overlap. */
export const MAX_POINTS = 5000

/** Cost against bound: every row is a point, and the frontier of cost and bound is a line. */
export function rankingPlot(head: RankingHead, rows: readonly RankedConfiguration[]): PlotSpec {
  const names = head.space.types.map((type) => type.name)
  const points = rows.map(({ counts, costPerHour, bound, limits }) => ({
    cost: costPerHour,
    bound,
    limit: limits?.[0] ?? '',
    name: configurationText(names, counts),
  }))
  const frontier = frontierOf(rows).map(({ costPerHour, bound }) => ({ cost: costPerHour, bound }))
  const x = { field: 'cost', type: 'quantitative', title: 'dollars an hour', scale: { zero: false } } as const
  const y = { field: 'bound', type: 'quantitative', title: `${head.bound} bound, queries a second` } as const
  return {
    title: {
      text: `${head.workload.model}: what a dollar buys`,
      subtitle: [
        targetText(head.workload),
        'each point is a configuration; the line joins the best at each price',
      ],
    },
    width: 640,
    height: 320,
    layer: [
      {
        data: { values: points },
        mark: { type: 'circle', opacity: 0.55, size: 28 },
        encoding: { x, y, color: { field: 'limit', type: 'nominal', title: 'limited by' } },
      },
      {
        data: { values: frontier },
        mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
        encoding: { x, y },
      },
    ],
  }
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
