import { typeNames } from '../../model/fleet/space.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { formatCount, formatPrice, formatRate } from '../numbers.ts'
import { targetText } from '../phrases.ts'
import {
  frontierOf,
  limitMarks,
  type RankingValues,
  rankingLayers,
  rankingValues,
} from '../plots/ranking-plot.ts'
import { sampled, sampleNote } from '../plots/sample.ts'
import type { Figure } from './figure.ts'

export interface CostBound {
  readonly head: RankingHead
  /** The first one is feasible. */
  readonly rows: readonly RankedConfiguration[]
  /** How many rows the ranking has, where `rows` are its first. */
  readonly listed?: number | undefined
  /** The frontier of cost and bound; that of `rows` by default. */
  readonly frontier?: readonly RankedConfiguration[] | undefined
  readonly chosen?: Pick<RankedConfiguration, 'counts' | 'costPerHour' | 'bound'> | undefined
}

/** Cost against bound: the ranked configurations, the frontier, and the chosen one. */
export function costBoundFigure(input: CostBound): Figure {
  const { head, rows, listed = rows.length, frontier, chosen } = input
  const names = typeNames(head.space)
  const drawn = rankingValues(names, sampled(rows), sampled(frontier ?? frontierOf(rows)), chosen)
  const { points, line } = drawn
  const [first, best] = [line[0], line[line.length - 1]]
  const finding =
    head.bound === 'closed-form'
      ? `The closed form estimates ${formatRate(best.bound)} queries a second for $${formatPrice(best.cost)} an hour`
      : `${formatRate(best.bound)} queries a second are the most that $${formatPrice(best.cost)} an hour buys`
  const marks = limitMarks(rows)
  const cutNote =
    listed > rows.length
      ? ` The first ${formatCount(rows.length)} of ${formatCount(listed)} rows are points.`
      : ''
  return {
    id: 'cost-bound',
    title: finding,
    caption: `Each point is a configuration${'color' in marks ? ', marked by what limits it' : ''}; the line ${frontier ? 'is the frontier: the best at each cost' : 'joins the best of them at each cost'}${chosen ? '; the ring is the one explained below' : ''} (${targetText(head.workload)}).${sampleNote(rows.length, 'configurations')}${cutNote}`,
    alt: `Cost against bound. The ${frontier ? 'frontier' : 'line'} rises from ${formatRate(first.bound)} queries a second at $${formatPrice(first.cost)} an hour to ${formatRate(best.bound)} at $${formatPrice(best.cost)}.${chosen ? ` Chosen: ${drawn.chosen[0].configuration}.` : ''}`,
    spec: {
      width: 620,
      height: 300,
      layer: rankingLayers(drawn, head.bound, marks),
    },
    data: {
      columns: ['kind', 'configuration', 'dollars_per_hour', 'queries_per_second'],
      rows: [
        ...points.map((point) => ['ranked', ...cellsOf(point)]),
        ...line.map((point) => [frontier ? 'frontier' : 'best listed', ...cellsOf(point)]),
        ...drawn.chosen.map((point) => ['chosen', ...cellsOf(point)]),
      ],
    },
  }
}

function cellsOf({ configuration, cost, bound }: RankingValues['line'][number]) {
  return [configuration, cost, bound] as const
}
