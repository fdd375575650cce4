import type { Explanation } from '../../model/results/explanation.ts'
import { formatRate } from '../numbers.ts'
import { configurationText } from '../phrases.ts'
import { quantity, scaleFromZero } from '../plots/plot.ts'
import { nameLabels } from '../plots/short-names.ts'
import type { Figure } from './figure.ts'

/** What one more instance, and one more dollar, of each type gains. */
export function gainFigure({ types, counts }: Explanation): Figure {
  const values = types.map(({ name, oneMoreQps, oneMoreQpsPerDollar }) => ({
    type: name,
    gain: oneMoreQps,
    gainPerDollar: oneMoreQpsPerDollar,
  }))
  const best = values.toSorted((a, b) => b.gainPerDollar - a.gainPerDollar)[0]
  const names = types.map(({ name }) => name)
  const title =
    best.gainPerDollar > 0
      ? `One more ${best.type} gains most per dollar: ${formatRate(best.gainPerDollar)} queries a second for a dollar an hour`
      : 'One more instance of any type gains nothing'
  const bars = (field: 'gain' | 'gainPerDollar', axis: string) =>
    ({
      width: 620,
      height: { step: 24 },
      data: { values },
      mark: { type: 'bar' },
      encoding: {
        y: { field: 'type', type: 'nominal', title: null, sort: null, axis: nameLabels(names) },
        x: quantity(field, axis, {
          axis: { tickCount: 6 },
          ...scaleFromZero(values.map((value) => value[field])),
        }),
      },
    }) as const
  return {
    id: 'gain',
    title,
    caption: `The bound of ${configurationText(names, counts)} with one more instance, less its own; below, divided by the price of the instance.`,
    alt: values
      .map(({ type, gain, gainPerDollar }) => {
        return `${type}: ${formatRate(gain)} queries a second for one more instance, ${formatRate(gainPerDollar)} per dollar an hour.`
      })
      .join(' '),
    spec: {
      vconcat: [
        bars('gain', 'queries a second gained by one more instance'),
        bars('gainPerDollar', 'queries a second gained, per dollar an hour'),
      ],
    },
    data: {
      columns: ['instance_type', 'qps_per_instance', 'qps_per_dollar_per_hour'],
      rows: values.map(({ type, gain, gainPerDollar }) => [type, gain, gainPerDollar]),
    },
  }
}
