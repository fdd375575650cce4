import { typeNames } from '../../model/fleet/space.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { formatPrice, formatRate } from '../numbers.ts'
import { configurationText, lossText } from '../phrases.ts'
import { BLUE, FAINT, INK, VERMILION } from '../plots/palette.ts'
import { closeRates, intervalAround, quantity, scaleOf } from '../plots/plot.ts'
import type { Figure } from './figure.ts'

/** Cost against throughput of the evaluated configurations: the bound, and what was measured. */
export function evaluatedFigure({ evaluations, rows, space, targetQps, spare }: VerifiedSearch): Figure {
  const names = typeNames(space)
  const [best] = rows
  const points = evaluations.map((evaluation) => {
    const { counts, costPerHour, bound } = evaluation
    const own = { configuration: configurationText(names, counts), cost: costPerHour, bound }
    if (evaluation.outcome === 'refuted') return { ...own, mean: null, low: null, high: null }
    const { mean, halfWidth } = evaluation
    return { ...own, mean, ...intervalAround(mean, halfWidth) }
  })
  const measured = points.filter((point) => point.mean !== null)
  const chosen = measured.filter(
    ({ configuration }) => configuration === configurationText(names, best.counts),
  )
  const x = quantity('cost', 'dollars an hour', { scale: scaleOf(points.map(({ cost }) => cost)) })
  const what =
    targetQps === undefined
      ? 'sustains the most,'
      : `is the cheapest for ${formatRate(targetQps)} q/s${lossText(spare)}: it sustains`
  const title = `${configurationText(names, best.counts)} ${what} ${formatRate(best.mean)} queries a second`
  return {
    id: 'evaluated',
    title,
    caption:
      'Evaluated configurations: circles are bounds, diamonds are measured rates with 95% intervals; the ring is the answer.',
    alt: measured
      .slice(0, 5)
      .map(({ configuration, cost, bound, mean }) => {
        return `${configuration} for $${formatPrice(cost)}: bound ${formatRate(bound)}, measured ${formatRate(mean)}.`
      })
      .join(' '),
    spec: {
      width: 620,
      height: 280,
      layer: [
        {
          data: { values: points },
          mark: { type: 'point', filled: true, color: BLUE, size: 40 },
          encoding: { x, y: closeRates('bound') },
        },
        {
          data: { values: measured },
          mark: { type: 'rule', color: FAINT, strokeDash: [2, 3] },
          encoding: { x, y: closeRates('mean'), y2: { field: 'bound' } },
        },
        {
          data: { values: measured },
          mark: { type: 'rule', color: VERMILION, strokeWidth: 2 },
          encoding: { x, y: closeRates('low'), y2: { field: 'high' } },
        },
        {
          data: { values: measured },
          mark: { type: 'point', filled: true, color: VERMILION, size: 55, shape: 'diamond' },
          encoding: { x, y: closeRates('mean') },
        },
        {
          data: { values: chosen },
          mark: { type: 'point', color: INK, size: 220, strokeWidth: 2.5 },
          encoding: { x, y: closeRates('mean') },
        },
      ],
    },
    data: {
      columns: ['configuration', 'dollars_per_hour', 'bound_qps', 'measured_qps', 'low_qps', 'high_qps'],
      rows: points.map((each) => {
        return [each.configuration, each.cost, each.bound, each.mean, each.low, each.high]
      }),
    },
  }
}
