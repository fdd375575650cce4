import type { Capacity } from '../../model/results/capacity.ts'
import { formatRate, percent } from '../numbers.ts'
import { fleetText } from '../phrases.ts'
import { BLUE, INK } from '../plots/palette.ts'
import { intervalAround, markAt, quantity, scaleFromZero } from '../plots/plot.ts'
import type { Figure } from './figure.ts'

/** The allowable throughput of each policy with its 95% interval, and the fluid bound. */
export function capacityFigure(capacity: Capacity): Figure {
  const { results, bound } = capacity
  const values = results.map(({ policy, mean, halfWidth }) => {
    return { policy, mean, ...intervalAround(mean, halfWidth) }
  })
  const best = results.toSorted((a, b) => b.mean - a.mean)[0]
  const title = `${best.policy} sustains ${formatRate(best.mean)} queries a second, ${percent(best.shareOfBound, 1)} of the bound`
  const y = { field: 'policy', type: 'nominal', title: null, sort: null } as const
  return {
    id: 'capacity',
    title,
    caption: `Allowable throughput on ${fleetText(capacity)} with 95% intervals; the dashed line is the fluid bound.`,
    alt: values
      .map(({ policy, mean, low, high }) => {
        return `${policy}: ${formatRate(mean)} queries a second, from ${formatRate(low)} to ${formatRate(high)}.`
      })
      .join(' '),
    spec: {
      width: 620,
      height: { step: 30 },
      layer: [
        {
          data: { values },
          // pale inside of its edge: the intervals lie on it
          mark: { type: 'bar', fillOpacity: 0.3, stroke: BLUE, strokeWidth: 1 },
          encoding: {
            y,
            x: quantity(
              'mean',
              'allowable throughput, queries a second',
              scaleFromZero([bound, ...values.map(({ high }) => high)]),
            ),
          },
        },
        {
          data: { values },
          mark: { type: 'errorbar', ticks: { color: INK }, rule: { color: INK }, thickness: 1.5 },
          encoding: { y, x: quantity('low', ''), x2: { field: 'high' } },
        },
        markAt('x', 'fluid bound', bound),
      ],
    },
    data: {
      columns: ['policy', 'queries_per_second', 'low', 'high'],
      rows: values.map(({ policy, mean, low, high }) => [policy, mean, low, high]),
    },
  }
}
