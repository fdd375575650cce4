import type { Explanation } from '../../model/results/explanation.ts'
import { percent } from '../numbers.ts'
import { configurationText } from '../phrases.ts'
import { quantity } from '../plots/plot.ts'
import { nameLabels } from '../plots/short-names.ts'
import type { Figure } from './figure.ts'

/** The least width of a bar, as a share of the axis: a single bin stays visible. */
const NARROWEST = 0.004

/** Which batch sizes go to which type in the routing behind the bound of a feasible configuration. */
export function routingFigure({ types, counts }: Explanation): Figure {
  const names = types.map(({ name }) => name)
  const used = types.filter(({ queries }) => queries > 0)
  const largest = Math.max(0, ...used.flatMap(({ bins }) => bins.map(({ to }) => to)))
  const values = used.flatMap(({ name, bins }) => {
    return bins.map(({ from, to, share }) => {
      return { type: name, from, to, end: Math.max(to, from + NARROWEST * largest), share: 100 * share }
    })
  })
  const [most] = used.toSorted((a, b) => b.queries - a.queries)
  return {
    id: 'routing',
    title: `${most.name} serves ${percent(most.queries, 0)} of the queries`,
    caption: `The routing with the highest throughput on ${configurationText(names, counts)}. The height of a bar is the share of the batch size that the type serves.`,
    alt: used
      .map(({ name, bins, queries }) => {
        const ranges = bins.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`))
        return `${name} serves ${percent(queries, 1)} of the queries: batch sizes ${ranges.join(', ')}.`
      })
      .join(' '),
    spec: {
      width: 620,
      height: { step: 30 },
      data: { values },
      mark: { type: 'bar' },
      encoding: {
        y: { field: 'type', type: 'nominal', title: null, sort: null, axis: nameLabels(names) },
        // there is no batch size of 0.5
        x: quantity('from', 'batch size', { scale: { zero: true }, axis: { tickMinStep: 1 } }),
        x2: { field: 'end' },
        // the height of a bar: pale bars would be too faint to see
        size: {
          field: 'share',
          type: 'quantitative',
          scale: { domain: [0, 100], range: [2, 26] },
          legend: null,
        },
      },
    },
    data: {
      columns: ['instance_type', 'from_batch_size', 'to_batch_size', 'percent_of_queries'],
      rows: values.map(({ type, from, to, share }) => [type, from, to, share]),
    },
  }
}
