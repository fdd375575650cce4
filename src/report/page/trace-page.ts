import type { TraceDescription } from '../../model/results/trace-description.ts'
import { formatCount, formatDuration, formatFigure, formatQueries } from '../numbers.ts'
import { tracePlot } from '../plots/trace-plot.ts'
import { numeric } from '../table-columns.ts'
import type { ReportPage } from './page.ts'

/** A trace: its rate over time and its batch sizes. */
export function tracePage(description: TraceDescription): ReportPage {
  const { queries, durationMs, rate, gapCv, sizes, rateOverTime, histogram } = description
  const peak = Math.max(...rateOverTime.map((window) => window.rate))
  const title =
    rate === null
      ? `${formatQueries(queries)} of ${formatFigure(sizes.min)} to ${formatFigure(sizes.max)} items`
      : `The rate peaks at ${formatFigure(peak / rate)} times its mean, ${formatFigure(rate)} queries a second`
  const length = rate === null ? '' : ` in ${formatDuration(durationMs)}`
  const gaps = gapCv === null ? '' : `; the gaps have a coefficient of variation of ${gapCv.toFixed(2)}`
  const shown = histogram.filter(({ count }) => count > 0)
  return {
    title,
    subtitle: `${formatQueries(queries)}${length}${gaps}`,
    sections: [
      {
        id: 'trace',
        title: `The trace: ${formatQueries(queries)}${length}`,
        tables: [
          {
            id: 'trace',
            caption: 'Batch sizes',
            columns: ['smallest', 'mean', 'p50', 'p90', 'p99', 'largest'].map(numeric),
            rows: [[sizes.min, sizes.mean, sizes.p50, sizes.p90, sizes.p99, sizes.max].map(formatFigure)],
          },
        ],
        figures: [
          {
            id: 'trace',
            title,
            caption:
              rate === null
                ? 'How many queries have which batch size.'
                : 'The rate over time with its mean (dashed), and how many queries have which batch size.',
            alt: `${formatQueries(queries)}${length}${gaps}. Batch sizes from ${formatFigure(sizes.min)} to ${formatFigure(sizes.max)}, half of them up to ${formatFigure(sizes.p50)}; the histogram has ${formatCount(shown.length)} steps with queries.`,
            spec: tracePlot(description),
            data: {
              columns: ['what', 'from', 'to', 'value'],
              rows: [
                ...rateOverTime.map((each) => {
                  return ['queries_per_second by ms', each.fromMs, each.toMs, each.rate]
                }),
                ...histogram.map(({ upTo, count }, k) => {
                  return ['queries by batch size', k === 0 ? 0 : histogram[k - 1].upTo, upTo, count]
                }),
              ],
            },
          },
        ],
      },
    ],
  }
}
