import { getBorderCharacters, table } from 'table'
import type { TraceDescription } from '../model/describe-trace.ts'
import { formatDuration, formatFigure } from './numbers.ts'
import { sparkline } from './sparkline.ts'

const EIGHTHS = ' ▏▎▍▌▋▊▉█'

/** Cells of the longest bar of the histogram. */
const BAR = 30

/** The description of a trace as text for a terminal: figures, the rate over time, batch sizes. */
export function formatTraceDescription(description: TraceDescription): string {
  const { rateOverTime, histogram, sizes } = description
  const parts = [aligned(figures(description))]
  if (rateOverTime.length > 0) {
    const rates = rateOverTime.map(({ rate }) => rate)
    const [first, last] = [rateOverTime[0], rateOverTime[rateOverTime.length - 1]]
    parts.push(
      `Rate over time, ${formatFigure(Math.min(...rates))} to ${formatFigure(Math.max(...rates))} queries/s, ` +
        `${formatDuration(first.toMs - first.fromMs)} a column\n${sparkline(rates)}\n` +
        `${formatDuration(first.fromMs)} to ${formatDuration(last.toMs)}\n`,
    )
  }
  const { min, mean, p50, p90, p99, max } = sizes
  const most = Math.max(...histogram.map(({ count }) => count))
  const rows = histogram.map(({ upTo, count, share }) => [
    formatFigure(upTo),
    count.toLocaleString('en-US'),
    `${(100 * share).toFixed(1)}%`,
    bar(count / most),
  ])
  parts.push(
    `Batch sizes, ${formatFigure(min)} to ${formatFigure(max)}: mean ${formatFigure(mean)}, p50 ${formatFigure(p50)}, ` +
      `p90 ${formatFigure(p90)}, p99 ${formatFigure(p99)}\n` +
      aligned([['up to', 'queries', 'share', ''], ...rows], 3),
  )
  return parts.join('\n')
}

function figures({ queries, durationMs, rate, gapMeanMs, gapCv, indexOfDispersion }: TraceDescription) {
  const rows = [
    ['queries', queries.toLocaleString('en-US')],
    ['duration', formatDuration(durationMs)],
    ['rate', rate === null ? 'none: no two arrivals differ' : `${formatFigure(rate)} queries/s`],
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

/** Columns without borders, the first `right` of them aligned to the right. */
function aligned(rows: string[][], right = 0): string {
  const text = table(rows, {
    border: getBorderCharacters('void'),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    columns: rows[0].map((_, c) => ({ alignment: c < right ? ('right' as const) : ('left' as const) })),
    drawHorizontalLine: () => false,
  })
  return text.replace(/ +$/gm, '')
}

/** A bar to an eighth of a cell; what is not nothing shows. */
function bar(share: number): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(share * BAR * 8))
  return EIGHTHS[8].repeat(Math.floor(eighths / 8)) + (eighths % 8 > 0 ? EIGHTHS[eighths % 8] : '')
}
