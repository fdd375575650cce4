import type { TraceDescription } from '../../model/results/trace-description.ts'
import { inColumns } from '../columns.ts'
import { bar, formatCount, formatDuration, formatFigure, percent } from '../numbers.ts'
import { sparkline } from '../sparkline.ts'

/** Cells of the longest bar of the histogram. */
const BAR = 30

/** The description of a trace as text for a terminal: figures, the rate over time, batch sizes. */
export function traceDescriptionText(description: TraceDescription): string {
  const { rateOverTime, histogram, sizes } = description
  const parts = [inColumns(figures(description), [0, 1])]
  if (rateOverTime.length > 0) {
    const rates = rateOverTime.map(({ rate }) => rate)
    const [first, last] = [rateOverTime[0], rateOverTime[rateOverTime.length - 1]]
    parts.push(
      `Rate over time, ${formatFigure(Math.min(...rates))} to ${formatFigure(Math.max(...rates))} q/s, ` +
        `${formatDuration(first.toMs - first.fromMs)} a column\n${sparkline(rates)}\n` +
        `${formatDuration(first.fromMs)} to ${formatDuration(last.toMs)}\n`,
    )
  }
  const { min, mean, p50, p90, p99, max } = sizes
  const most = Math.max(...histogram.map(({ count }) => count))
  const rows = histogram.map(({ upTo, count, share }) => [
    formatFigure(upTo),
    formatCount(count),
    percent(share, 1),
    // at least one eighth, so that every size shows
    bar(Math.max(count / most, count > 0 ? 1 / (8 * BAR) : 0), BAR),
  ])
  parts.push(
    `Batch sizes, ${formatFigure(min)} to ${formatFigure(max)}: mean ${formatFigure(mean)}, p50 ${formatFigure(p50)}, ` +
      `p90 ${formatFigure(p90)}, p99 ${formatFigure(p99)}\n` +
      inColumns([['up to', 'queries', 'share', ''], ...rows], [3]),
  )
  return parts.join('\n')
}

function figures({ queries, durationMs, rate, gapMeanMs, gapCv, indexOfDispersion }: TraceDescription) {
  const rows = [
    ['queries', formatCount(queries)],
    ['duration', formatDuration(durationMs)],
    ['rate', rate === null ? withoutRate(durationMs) : `${formatFigure(rate)} q/s`],
  ]
  if (gapMeanMs !== null && gapCv !== null) {
    rows.push(['gaps', `mean ${formatFigure(gapMeanMs)} ms, cv ${gapCv.toFixed(2)} (Poisson arrivals: 1)`])
  }
  if (indexOfDispersion.length > 0) {
    const indices = indexOfDispersion.map(
      ({ windowMs, index }) => `${index.toFixed(2)} in ${formatDuration(windowMs)}`,
    )
    rows.push(['burstiness', `${indices.join(', ')} (variance over mean of the count; Poisson arrivals: 1)`])
  }
  return rows
}

function withoutRate(durationMs: number): string {
  return durationMs === 0
    ? 'none: no two arrivals differ'
    : 'none: arrivals are too close to each other; is the unit of their times right?'
}
