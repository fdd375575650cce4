import type { PlanResult } from '../../model/results/plan.ts'
import { formatCounted } from '../numbers.ts'
import { utilisationText } from '../plan/plan.ts'
import { FAINT, INK } from './palette.ts'
import { type PlotPanel, type PlotSpec, scaleFromZero } from './plot.ts'
import { nameLabels } from './short-names.ts'

const WIDTH = 720
const HEIGHT = 170

/** Rate and capacity over time, above the running instances and what they cost per hour. */
export function planPlot(plan: PlanResult): PlotSpec {
  const { model, cost, starts, windows } = plan
  return {
    title: {
      text: `${model}: $${cost.toFixed(2)} and ${formatCounted(starts, 'start')} follow the rate`,
      subtitle: `Optimal plan over ${formatCounted(windows.length, 'window')}, ${utilisationText(plan)}`,
    },
    vconcat: [ratePanel(plan), countsPanel(plan), costPanel(plan)],
    // a legend for each panel: rate and capacity are no types
    resolve: { scale: { color: 'independent' } },
  }
}

const time = { field: 'hour', type: 'quantitative', title: 'time (hours)', axis: { grid: false } } as const

function ratePanel({ windows, windowS }: PlanResult): PlotPanel {
  const values = stepsOf(windows.length, windowS, (w, hour) => [
    { hour, what: 'capacity', value: windows[w].capacityQps },
    { hour, what: 'rate', value: windows[w].rateQps },
  ])
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5 },
    encoding: {
      x: time,
      y: {
        ...{ field: 'value', type: 'quantitative', title: 'queries per second' },
        ...scaleFromZero(values.map(({ value }) => value)),
      },
      // colours that no type has
      color: {
        ...{ field: 'what', type: 'nominal', title: null },
        scale: { domain: ['capacity', 'rate'], range: [FAINT, INK] },
      },
    },
  }
}

function countsPanel({ windows, windowS, types }: PlanResult): PlotPanel {
  const values = stepsOf(windows.length, windowS, (w, hour) =>
    types.map((type, t) => ({ hour, type, count: windows[w].counts[t] })),
  )
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'area', interpolate: 'step-after' },
    encoding: {
      x: time,
      y: {
        ...{ field: 'count', type: 'quantitative', title: 'instances', stack: 'zero' },
        ...scaleFromZero(values.map(({ count }) => count)),
      },
      color: {
        ...{ field: 'type', type: 'nominal', title: null },
        ...{ scale: { domain: [...types] }, legend: nameLabels(types) },
      },
    },
  }
}

function costPanel({ windows, windowS }: PlanResult): PlotPanel {
  const values = stepsOf(windows.length, windowS, (w, hour) => [{ hour, cost: windows[w].costPerHour }])
  return {
    width: WIDTH,
    height: HEIGHT / 2,
    data: { values },
    mark: { type: 'area', interpolate: 'step-after', fillOpacity: 0.3, line: { strokeWidth: 1.5 } },
    encoding: {
      x: time,
      y: {
        ...{ field: 'cost', type: 'quantitative', title: 'dollars per hour' },
        ...scaleFromZero(values.map(({ cost }) => cost)),
      },
    },
  }
}

/** The values of every window at its start, and of the last window also at its end. */
function stepsOf<Value>(
  count: number,
  windowS: number,
  at: (window: number, hour: number) => Value[],
): Value[] {
  return Array.from({ length: count + 1 }, (_, i) => at(Math.min(i, count - 1), (i * windowS) / 3600)).flat()
}
