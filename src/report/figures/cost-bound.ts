import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCount, formatDollars, formatRate } from '../numbers.ts'
import { boundText, configurationText, targetText } from '../phrases.ts'
import { FAINT, INK, VERMILION } from '../plots/palette.ts'
import { scaleOf } from '../plots/plot.ts'
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
export function costBoundFigure({
  head,
  rows,
  listed = rows.length,
  frontier,
  chosen,
  measured = [],
}: CostBound): Figure {
  const names = head.space.types.map(({ name }) => name)
  const pointOf = ({
    counts,
    costPerHour,
    bound,
  }: Pick<RankedConfiguration, 'counts' | 'costPerHour' | 'bound'>) => ({
    configuration: configurationText(names, counts),
    cost: costPerHour,
    bound,
  })
  const shown = sampled(rows).map((row) => ({ ...pointOf(row), limit: limitText(row.limits) }))
  const line = sampled((frontier ?? frontierOf(rows)).map(pointOf).toSorted((a, b) => a.cost - b.cost))
  const marked = chosen ? [pointOf(chosen)] : []
  const intervals = measured.map(({ name, costPerHour, mean, halfWidth }) => ({
    configuration: name,
    cost: costPerHour,
    mean,
    low: Number.isFinite(halfWidth) ? Math.max(0, mean - halfWidth) : mean,
    high: Number.isFinite(halfWidth) ? mean + halfWidth : mean,
  }))
  const points = [...shown, ...line, ...marked]
  const costs = [...points, ...intervals].map(({ cost }) => cost)
  const rates = [...points.map(({ bound }) => bound), ...intervals.flatMap(({ low, high }) => [low, high])]
  const x = {
    ...({ field: 'cost', type: 'quantitative', title: 'dollars an hour' } as const),
    scale: scaleOf(costs),
  }
  const y = {
    ...({ field: 'bound', type: 'quantitative' } as const),
    title: `${boundText(head.bound)}, queries a second`,
    scale: scaleOf(rates),
  }
  const best = line.at(-1)
  const marks = limitMarks(rows)
  const cutNote =
    listed > rows.length
      ? ` The first ${formatCount(rows.length)} of ${formatCount(listed)} rows are points.`
      : ''
  const finding = best
    ? head.bound === 'closed-form'
      ? `The closed form estimates ${formatRate(best.bound)} queries a second for $${formatDollars(best.cost)} an hour`
      : `${formatRate(best.bound)} queries a second are the most that $${formatDollars(best.cost)} an hour buys`
    : 'No configuration is feasible'
  return {
    id: 'cost-bound',
    title: finding,
    caption: `Each point is a configuration${'color' in marks ? ', marked by what limits it' : ''}; the line ${frontier ? 'is the frontier: the best at each cost' : 'joins the best of them at each cost'} (${targetText(head.workload)}).${sampleNote(rows.length, 'configurations')}${cutNote}`,
    alt: best
      ? `Cost against bound. The ${frontier ? 'frontier' : 'line'} rises from ${formatRate(line[0].bound)} queries a second at $${formatDollars(line[0].cost)} an hour to ${formatRate(best.bound)} at $${formatDollars(best.cost)}.${chosen ? ` Chosen: ${marked[0].configuration}.` : ''}`
      : 'An empty picture: no configuration is feasible.',
    spec: {
      title: { text: finding },
      width: 620,
      height: 300,
      layer: [
        {
          data: { values: shown },
          mark: { type: 'point', filled: true, size: 32 },
          encoding: { x, y, ...marks },
        },
        {
          data: { values: upToCost(line, Math.max(...costs)) },
          mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.5 },
          encoding: { x, y },
        },
        ...(intervals.length > 0
          ? ([
              {
                data: { values: intervals },
                mark: { type: 'rule', color: VERMILION, strokeWidth: 2 },
                encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
              },
              {
                data: { values: intervals },
                mark: { type: 'point', filled: true, color: VERMILION, size: 50, shape: 'diamond' },
                encoding: { x, y: { field: 'mean', type: 'quantitative' } },
              },
            ] as const)
          : []),
        ...(marked.length > 0
          ? ([
              {
                data: { values: marked },
                mark: { type: 'point', color: INK, size: 220, strokeWidth: 2.5, shape: 'circle' },
                encoding: { x, y },
              },
            ] as const)
          : []),
      ],
    },
    data: {
      columns: ['kind', 'configuration', 'dollars_per_hour', 'queries_per_second', 'low', 'high'],
      rows: [
        ...shown.map((point) => ['ranked', point.configuration, point.cost, point.bound]),
        ...line.map((point) => [
          frontier ? 'frontier' : 'best listed',
          point.configuration,
          point.cost,
          point.bound,
        ]),
        ...marked.map((point) => ['chosen', point.configuration, point.cost, point.bound]),
        ...intervals.map((point) => [
          'measured',
          point.configuration,
          point.cost,
          point.mean,
          point.low,
          point.high,
        ]),
      ],
    },
  }
}

/** A dashed line at a value of the x axis. */
export function markAt(value: number) {
  return {
    data: { values: [{ at: value }] },
    mark: { type: 'rule' as const, strokeDash: [5, 4], color: FAINT, strokeWidth: 1.5 },
    encoding: { x: { field: 'at', type: 'quantitative' as const } },
  }
}
