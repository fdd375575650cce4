import { counted } from '../../model/counted.ts'
import type { PlanWindow } from '../../model/fleet/plan.ts'
import type { PlanResult } from '../../model/results/plan.ts'
import { formatCost } from '../numbers.ts'
import { utilisationText } from '../plan/plan.ts'
import { FAINT, INK, PAPER } from './palette.ts'
import { type PlotPanel, type PlotSpec, quantity, scaleFromZero } from './plot.ts'
import { highestOfStretches } from './sample.ts'
import { nameLabels } from './short-names.ts'
import { timeAxis } from './time-axis.ts'

const WIDTH = 720
const HEIGHT = 170

/** The most windows whose areas have edges: of more, the edges would hide the areas. */
const MOST_EDGED = 200

/** Rate and capacity over time, above the running instances and what they cost per hour. */
export function planPlot(plan: PlanResult): PlotSpec {
  const { model, cost, starts, types, windows, windowS } = plan
  const endS = windows[windows.length - 1].startS + windowS
  const drawn: DrawnPlan = { types, windows: highestOfStretches(windows), endS, ...timeAxis(1000 * endS) }
  const left = drawn.windows.length < windows.length ? '; drawn: the highest window of each stretch' : ''
  return {
    title: {
      text: `${model}: $${formatCost(cost)} and ${counted(starts, 'start')} follow the rate`,
      subtitle: `Optimal plan over ${counted(windows.length, 'window')}, ${utilisationText(plan)}${left}`,
    },
    vconcat: [ratePanel(drawn), countsPanel(drawn), costPanel(drawn)],
    // a legend for each panel: rate and capacity are no types
    resolve: { scale: { color: 'independent', strokeDash: 'independent', strokeWidth: 'independent' } },
  }
}

/** What is drawn of a plan: of a long one a window of each stretch. */
interface DrawnPlan extends Pick<PlanResult, 'types' | 'windows'>, ReturnType<typeof timeAxis> {
  /** When the last window ends, seconds. */
  readonly endS: number
}

const KINDS = ['capacity', 'rate']
const WHAT = { field: 'what', type: 'nominal', title: null, sort: KINDS } as const

function ratePanel(plan: DrawnPlan): PlotPanel {
  const values = stepsOf(plan, ({ capacityQps, rateQps }, at) => [
    { at, what: 'capacity', value: capacityQps },
    { at, what: 'rate', value: rateQps },
  ])
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'line', interpolate: 'step-after' },
    encoding: {
      x: plan.x,
      y: quantity('value', 'queries a second', scaleFromZero(values.map(({ value }) => value))),
      // colours that no type has; the rate lets the capacity through where they are the same
      color: { ...WHAT, scale: { domain: KINDS, range: [FAINT, INK] } },
      strokeDash: {
        ...WHAT,
        scale: {
          domain: KINDS,
          range: [
            [1, 0],
            [4, 2],
          ],
        },
      },
      strokeWidth: { ...WHAT, scale: { domain: KINDS, range: [3, 1.5] } },
    },
  }
}

function countsPanel(plan: DrawnPlan): PlotPanel {
  const { types, windows } = plan
  const values = stepsOf(plan, ({ counts }, at) => types.map((type, t) => ({ at, type, count: counts[t] })))
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: {
      ...{ type: 'area', interpolate: 'step-after' },
      ...(windows.length <= MOST_EDGED && { stroke: PAPER, strokeWidth: 1 }),
    },
    encoding: {
      x: plan.x,
      y: quantity('count', 'instances', {
        stack: 'zero' as const,
        axis: { tickMinStep: 1 },
        ...scaleFromZero(values.map(({ count }) => count)),
      }),
      color: {
        ...{ field: 'type', type: 'nominal', title: null },
        ...{ scale: { domain: [...types] }, legend: nameLabels(types) },
      },
    },
  }
}

function costPanel(plan: DrawnPlan): PlotPanel {
  const values = stepsOf(plan, ({ costPerHour }, at) => [{ at, cost: costPerHour }])
  return {
    width: WIDTH,
    height: HEIGHT / 2,
    data: { values },
    mark: { type: 'area', interpolate: 'step-after', fillOpacity: 0.3, line: { strokeWidth: 1.5 } },
    encoding: {
      x: plan.x,
      y: quantity('cost', 'dollars an hour', scaleFromZero(values.map(({ cost }) => cost))),
    },
  }
}

/** The values of every window at its start, and of the last window also at its end. */
function stepsOf<Value>(
  { windows, endS, unitMs }: DrawnPlan,
  valuesAt: (window: PlanWindow, at: number) => Value[],
): Value[] {
  const last = windows[windows.length - 1]
  const steps = windows.flatMap((window) => valuesAt(window, (1000 * window.startS) / unitMs))
  return [...steps, ...valuesAt(last, (1000 * endS) / unitMs)]
}
