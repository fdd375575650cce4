import { counted } from '../../model/counted.ts'
import type { PlanComparison, PlanResult } from '../../model/results/plan.ts'
import { formatCost, formatDuration, formatMoment, formatRate } from '../numbers.ts'
import { configurationText, cutNote } from '../phrases.ts'
import { comparisonOf, NOT_MEASURED, scheduleOf, utilisationText, windowsText } from '../plan/plan.ts'
import { planPlot } from '../plots/plan-plot.ts'
import { sampleNote } from '../plots/sample.ts'
import type { PageTable, ReportPage } from './page.ts'

/** The most rows of the schedule. */
const MOST_ROWS = 144

/** A plan over time: its schedule, and what it costs beside other ways to run the fleet. */
export function planPage(plan: PlanResult): ReportPage {
  const { model, cost, starts, windows, windowS, comparison } = plan
  const length = formatDuration(1000 * windowS * windows.length)
  const title = `$${formatCost(cost)} and ${counted(starts, 'start')} follow the rate for ${length}`
  const note = sampleNote(windows.length, 'windows', 'the highest of each stretch')
  const peak = windows.toSorted((a, b) => b.rateQps - a.rateQps)[0]
  return {
    title,
    subtitle: `${model}: ${windowsText(windows.length, windowS)}, ${utilisationText(plan)}${plan.capacity === 'bound' ? ` (${NOT_MEASURED})` : ''}`,
    sections: [
      {
        id: 'plan',
        title: 'The plan',
        tables: comparison ? [comparisonTable(comparison)] : [],
        figures: [
          {
            id: 'plan',
            title,
            caption: `Rate and capacity, the running instances, and their cost over time.${note}`,
            alt: `The rate peaks at ${formatRate(peak.rateQps)} queries a second at ${formatMoment(peak.startS)}, when ${configurationText(plan.types, peak.counts)} run.`,
            spec: planPlot(plan),
            data: {
              columns: ['start_s', 'rate_qps', 'capacity_qps', ...plan.types, 'dollars_per_hour'],
              rows: windows.map((window) => [
                ...[window.startS, window.rateQps, window.capacityQps],
                ...window.counts,
                window.costPerHour,
              ]),
            },
          },
        ],
      },
      { id: 'schedule', title: 'The schedule', tables: [scheduleTable(plan)] },
    ],
  }
}

function comparisonTable(comparison: PlanComparison): PageTable {
  return {
    id: 'comparison',
    caption: `Ways to run the fleet; the online rule forecasts by ${comparison.forecast}`,
    ...comparisonOf(comparison),
  }
}

function scheduleTable(plan: PlanResult): PageTable {
  const { columns, rows } = scheduleOf(plan)
  const shown = rows.slice(0, MOST_ROWS)
  return {
    id: 'schedule',
    caption: 'What runs when: a row for windows in a row with the same counts',
    columns,
    rows: shown,
    note: cutNote(shown.length, rows.length),
  }
}
