import type { BoundName } from '../../model/bounds.ts'
import { typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCount } from '../numbers.ts'
import { boundText, configurationText, targetText } from '../phrases.ts'
import { INK } from './palette.ts'
import { type PlotLayer, type PlotSpec, quantity, scaleOf } from './plot.ts'
import { nameLabels } from './short-names.ts'

/** The most points of a picture: more would only overlap. */
export const MAX_POINTS = 5000

/** A point of a picture of cost against bound. */
interface Point {
  readonly configuration: string
  readonly cost: number
  readonly bound: number
}

interface LimitedPoint extends Point {
  readonly limit: string
}

/** What is drawn: configurations as points, the steps of the line over them, and the chosen configuration in a ring. */
export interface RankingValues {
  readonly points: readonly LimitedPoint[]
  readonly line: readonly Point[]
  readonly chosen: readonly Point[]
}

/** @param chosen the configuration in the ring; none by default */
export function rankingValues(
  names: readonly string[],
  rows: readonly RankedConfiguration[],
  frontier: readonly RankedConfiguration[],
  chosen?: Pick<RankedConfiguration, 'counts' | 'costPerHour' | 'bound'>,
): RankingValues {
  const pointOf = ({ counts, costPerHour, bound }: NonNullable<typeof chosen>): Point => {
    return { configuration: configurationText(names, counts), cost: costPerHour, bound }
  }
  return {
    points: rows.map((row) => ({ ...pointOf(row), limit: limitText(row.limits) })),
    line: frontier.map(pointOf).toSorted((a, b) => a.cost - b.cost),
    chosen: chosen ? [pointOf(chosen)] : [],
  }
}

/** Cost against bound: the points, the line and the ring. @param marks how points differ by what limits them */
export function rankingLayers(
  { points, line, chosen }: RankingValues,
  bound: BoundName,
  marks: LimitMarks,
): PlotLayer[] {
  const all = [...points, ...line, ...chosen]
  const costs = all.map(({ cost }) => cost)
  const bounds = all.map((point) => point.bound)
  const encoding = {
    x: quantity('cost', 'dollars an hour', { scale: scaleOf(costs) }),
    y: quantity('bound', `${boundText(bound)}, queries a second`, { scale: scaleOf(bounds) }),
  }
  const ring = { type: 'point', color: INK, size: 220, strokeWidth: 2.5, shape: 'circle' } as const
  return [
    {
      data: { values: [...points] },
      mark: { type: 'point', filled: true, size: 32 },
      encoding: { ...encoding, ...marks },
    },
    {
      data: { values: upToCost(line, Math.max(...costs)) },
      mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
      encoding,
    },
    ...(chosen.length > 0 ? [{ data: { values: [...chosen] }, mark: ring, encoding }] : []),
  ]
}

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
  const values = rankingValues(typeNames(head.space), rows, frontierOf(rows))
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
    layer: rankingLayers(values, head.bound, limitMarks(rows)),
  }
}

/** The first limit of a configuration; a configuration without one serves nothing in time. */
function limitText(limits: readonly string[] = []): string {
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

type LimitMarks = ReturnType<typeof limitMarks>

/** The steps of a frontier, the last of which reaches to a cost: what costs more may be no better. */
function upToCost(steps: readonly Point[], cost: number): Point[] {
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
