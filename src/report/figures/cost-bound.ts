import { typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCount, formatPrice, formatRate } from '../numbers.ts'
import { boundText, configurationText, targetText } from '../phrases.ts'
import { INK, VERMILION } from '../plots/palette.ts'
import { intervalAround, type PlotLayer, scaleOf } from '../plots/plot.ts'
import { frontierOf, limitMarks, limitText, upToCost } from '../plots/ranking-plot.ts'
import { sampled, sampleNote } from '../plots/sample.ts'
import type { Figure } from './figure.ts'

/** A configuration whose allowable throughput was measured, with its 95% interval. */
export interface MeasuredPoint {
  readonly name: string
  readonly costPerHour: number
  readonly mean: number
  readonly halfWidth: number
}

export interface CostBound {
  readonly head: RankingHead
  readonly rows: readonly RankedConfiguration[]
  /** How many rows the ranking has, where `rows` are its first. */
  readonly listed?: number | undefined
  /** The frontier of cost and bound; that of `rows` by default. */
  readonly frontier?: readonly RankedConfiguration[] | undefined
  readonly chosen?: Pick<RankedConfiguration, 'counts' | 'costPerHour' | 'bound'> | undefined
  readonly measured?: readonly MeasuredPoint[]
}

/** Cost against bound: the ranked configurations, the frontier, the chosen one, and what was measured. */
export function costBoundFigure(input: CostBound): Figure {
  const { head, rows, listed = rows.length, frontier, chosen } = input
  const drawn = drawnOf(input)
  const { line } = drawn
  const best = line.at(-1)
  const finding = best
    ? head.bound === 'closed-form'
      ? `The closed form estimates ${formatRate(best.bound)} queries a second for $${formatPrice(best.cost)} an hour`
      : `${formatRate(best.bound)} queries a second are the most that $${formatPrice(best.cost)} an hour buys`
    : 'No configuration is feasible'
  const marks = limitMarks(rows)
  const cutNote =
    listed > rows.length
      ? ` The first ${formatCount(rows.length)} of ${formatCount(listed)} rows are points.`
      : ''
  return {
    id: 'cost-bound',
    title: finding,
    caption: `Each point is a configuration${'color' in marks ? ', marked by what limits it' : ''}; the line ${frontier ? 'is the frontier: the best at each cost' : 'joins the best of them at each cost'} (${targetText(head.workload)}).${sampleNote(rows.length, 'configurations')}${cutNote}`,
    alt: best
      ? `Cost against bound. The ${frontier ? 'frontier' : 'line'} rises from ${formatRate(line[0].bound)} queries a second at $${formatPrice(line[0].cost)} an hour to ${formatRate(best.bound)} at $${formatPrice(best.cost)}.${chosen ? ` Chosen: ${drawn.chosen[0].configuration}.` : ''}`
      : 'An empty picture: no configuration is feasible.',
    spec: {
      title: { text: finding },
      width: 620,
      height: 300,
      layer: layersOf(drawn, `${boundText(head.bound)}, queries a second`, marks),
    },
    data: {
      columns: ['kind', 'configuration', 'dollars_per_hour', 'queries_per_second', 'low', 'high'],
      rows: [
        ...drawn.ranked.map((point) => ['ranked', ...cellsOf(point)]),
        ...line.map((point) => [frontier ? 'frontier' : 'best listed', ...cellsOf(point)]),
        ...drawn.chosen.map((point) => ['chosen', ...cellsOf(point)]),
        ...drawn.measured.map(({ configuration, cost, mean, low, high }) => {
          return ['measured', configuration, cost, mean, low, high]
        }),
      ],
    },
  }
}

interface Point {
  readonly configuration: string
  readonly cost: number
  readonly bound: number
}

/** The cells of a bound, which has no interval. */
function cellsOf({ configuration, cost, bound }: Point) {
  return [configuration, cost, bound, null, null] as const
}

/** The values that are drawn: points, the steps of the line, the ring of the chosen configuration, intervals. */
function drawnOf({ head, rows, frontier = frontierOf(rows), chosen, measured = [] }: CostBound) {
  const names = typeNames(head.space)
  const pointOf = ({ counts, costPerHour, bound }: NonNullable<CostBound['chosen']>): Point => {
    return { configuration: configurationText(names, counts), cost: costPerHour, bound }
  }
  return {
    ranked: sampled(rows).map((row) => ({ ...pointOf(row), limit: limitText(row.limits) })),
    line: sampled(frontier.map(pointOf).toSorted((a, b) => a.cost - b.cost)),
    chosen: chosen ? [pointOf(chosen)] : [],
    measured: measured.map(({ name, costPerHour, mean, halfWidth }) => {
      return { configuration: name, cost: costPerHour, mean, ...intervalAround(mean, halfWidth) }
    }),
  }
}

function layersOf(
  { ranked, line, chosen, measured }: ReturnType<typeof drawnOf>,
  rateTitle: string,
  marks: ReturnType<typeof limitMarks>,
): PlotLayer[] {
  const points = [...ranked, ...line, ...chosen]
  const costs = [...points, ...measured].map(({ cost }) => cost)
  const rates = [...points.map(({ bound }) => bound), ...measured.flatMap(({ low, high }) => [low, high])]
  const x = {
    ...({ field: 'cost', type: 'quantitative', title: 'dollars an hour' } as const),
    scale: scaleOf(costs),
  }
  const y = {
    ...({ field: 'bound', type: 'quantitative', title: rateTitle } as const),
    scale: scaleOf(rates),
  }
  const layers: PlotLayer[] = [
    {
      data: { values: ranked },
      mark: { type: 'point', filled: true, size: 32 },
      encoding: { x, y, ...marks },
    },
    {
      data: { values: upToCost(line, Math.max(...costs)) },
      mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
      encoding: { x, y },
    },
  ]
  if (measured.length > 0) {
    layers.push(
      {
        data: { values: measured },
        mark: { type: 'rule', color: VERMILION, strokeWidth: 2 },
        encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      {
        data: { values: measured },
        mark: { type: 'point', filled: true, color: VERMILION, size: 50, shape: 'diamond' },
        encoding: { x, y: { field: 'mean', type: 'quantitative' } },
      },
    )
  }
  if (chosen.length > 0) {
    layers.push({
      data: { values: chosen },
      mark: { type: 'point', color: INK, size: 220, strokeWidth: 2.5, shape: 'circle' },
      encoding: { x, y },
    })
  }
  return layers
}
