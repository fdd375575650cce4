import type { TraceDescription } from '../../model/results/trace-description.ts'
import { formatDuration, formatFigure, formatQueries } from '../numbers.ts'
import { markAt, type PlotPanel, type PlotSpec, quantity } from './plot.ts'
import { timeAxis } from './time-axis.ts'

const WIDTH = 640
const HEIGHT = 180

/** The rate over time above the histogram of batch sizes; without a rate, the histogram alone. */
export function tracePlot(description: TraceDescription): PlotSpec {
  const { queries, durationMs, rate, gapCv, sizes } = description
  const panels = rate === null ? [] : [ratePlot(description, rate)]
  const arrivals =
    rate === null || gapCv === null
      ? ''
      : ` in ${formatDuration(durationMs)}: ${formatFigure(rate)} a second, cv of the gaps ${gapCv.toFixed(2)}`
  return {
    title: {
      text: formatQueries(queries) + arrivals,
      subtitle:
        `Batch sizes ${formatFigure(sizes.min)} to ${formatFigure(sizes.max)}, ` +
        `mean ${formatFigure(sizes.mean)}, p50 ${formatFigure(sizes.p50)}, p99 ${formatFigure(sizes.p99)}${panels.length > 0 ? '; dashed line: the mean rate' : ''}`,
    },
    vconcat: [...panels, sizePlot(description)],
  }
}

function ratePlot({ rateOverTime, durationMs }: TraceDescription, rate: number): PlotPanel {
  const { unitMs, x } = timeAxis(durationMs)
  const last = rateOverTime[rateOverTime.length - 1]
  const steps = rateOverTime.map((window) => ({ at: window.fromMs / unitMs, rate: window.rate }))
  const values = [...steps, { at: last.toMs / unitMs, rate: last.rate }]
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values },
        mark: { type: 'area', interpolate: 'step-after', line: { strokeWidth: 1.5 }, fillOpacity: 0.25 },
        encoding: { x, y: quantity('rate', 'queries a second') },
      },
      markAt('y', 'mean rate', rate),
    ],
  }
}

function sizePlot({ histogram }: TraceDescription): PlotPanel {
  const values = histogram.map(({ upTo, count }, k) => ({
    above: k === 0 ? 0 : histogram[k - 1].upTo,
    upTo,
    count,
  }))
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'bar' },
    encoding: {
      x: quantity('above', 'batch size', { bin: { binned: true as const }, axis: { grid: false } }),
      x2: { field: 'upTo' },
      y: quantity('count', 'queries', { axis: { tickMinStep: 1 } }),
    },
  }
}
