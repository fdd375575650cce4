import { counted } from '../../model/counted.ts'
import { typeNames } from '../../model/fleet/space.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { leftToProve, nothingMeasured, orderByBound, replaysText } from '../allocation/search-remarks.ts'
import { byBoundTable, SHARES, searchTable } from '../allocation/search-tables.ts'
import { evaluatedFigure } from '../figures/evaluated.ts'
import type { Figure } from '../figures/figure.ts'
import { formatCount, formatGiven, formatPrice, formatRate } from '../numbers.ts'
import { configurationText, countsText, lossText, questionText, serviceText } from '../phrases.ts'
import { searchPlot } from '../plots/search-plot.ts'
import { textual } from '../table-columns.ts'
import { infeasiblePage } from './infeasible-page.ts'
import type { PageTable, ReportPage } from './page.ts'

/** The most evaluations of a table. */
const MOST_ROWS = 40

/** What a search that verifies by replay found, and what it rests on. */
export function searchPage(search: VerifiedSearch): ReportPage {
  const { workload, space, rows, policy, service, arrivals, queries, repeats, seed, infeasible } = search
  const names = typeNames(space)
  const how = `measured by replay under ${policy}, ${arrivals} arrivals, ${serviceText(service)}, ${repeats} x ${formatCount(queries)} queries from seed ${seed}`
  const subtitle = `${questionText(workload, space)}; ${how}`
  const [best] = rows
  if (search.byBound) return unmeasuredPage(search, subtitle)
  if (!best) {
    return infeasiblePage('search', subtitle, infeasible?.message ?? 'No configuration sustains any rate')
  }
  const { targetQps, spare } = search
  const { measured, refuted, nextBound } = search.proof
  const rest = nextBound === null ? '' : `; no remaining bound exceeds ${formatRate(nextBound)} q/s`
  const unproven = leftToProve(search)
  return {
    title: `${configurationText(names, best.counts)} sustains ${formatRate(best.mean)} queries a second${lossText(spare)} for $${formatPrice(best.costPerHour)} an hour`,
    subtitle,
    sections: [
      {
        id: 'search',
        title: search.proof.proven
          ? 'Proven by replay'
          : search.proof.endedEarly
            ? 'The best so far'
            : 'The best of all candidates',
        paragraphs: [
          ...(targetQps === undefined ? [] : [targetSentence(targetQps, spare)]),
          `${countsText(search)}: ${formatCount(measured)} measured in full, ${formatCount(refuted)} refuted by short replays${rest}; ${replaysText(search.proof)}.`,
          ...(unproven === undefined ? [] : [unproven]),
        ],
        tables: [evaluationTable(search)],
        figures: [stoppingFigure(search), evaluatedFigure(search)],
      },
    ],
  }
}

function targetSentence(targetQps: number, spare: number | undefined): string {
  const left = spare ? ' Rates and shares are those of what is left.' : ''
  return `The target: ${formatGiven(targetQps)} queries a second${lossText(spare)}, at the lowest cost.${left}`
}

function evaluationTable(search: VerifiedSearch): PageTable {
  const { columns, rows } = searchTable(search)
  const shown = rows.slice(0, MOST_ROWS)
  const left = rows.length - shown.length
  return {
    id: 'search',
    caption: 'The answer, then every other evaluated configuration, best first; ±: 95% interval',
    columns: [...columns, textual('outcome')],
    rows: shown.map(({ cells, remark }) => [...cells, remark || 'measured']),
    note: `${SHARES}${left > 0 ? ` ${formatCount(left)} more evaluations are in the data of the figures.` : ''}`,
  }
}

/** Where the search ended before there was a row: the ranking by bound. */
function unmeasuredPage(search: VerifiedSearch, subtitle: string): ReportPage {
  const table: PageTable = {
    ...{ id: 'by-bound', caption: 'By their bounds; not measured' },
    ...byBoundTable(search),
  }
  const paragraphs = [`${orderByBound(search)}. Give the search more time.`]
  return {
    title: nothingMeasured(search),
    subtitle,
    sections: [{ id: 'search', title: 'The ranking by bound', paragraphs, tables: [table] }],
  }
}

/** What the evaluations show, in words: without a target they fall by bound, with one they rise by cost. */
function stoppingTexts({ rows, evaluations, proof, targetQps, spare }: VerifiedSearch) {
  const count = counted(evaluations.length, 'evaluation')
  const best = formatRate(rows[0].mean)
  const caption =
    'Configurations in the order of their evaluation: the bound, the measured rate with its 95% interval, and refutations.'
  if (targetQps === undefined) {
    const [first, last] = [evaluations[0], evaluations[evaluations.length - 1]]
    return {
      title: proof.proven
        ? `After ${count} no remaining bound exceeds ${best} queries a second`
        : `${count} so far; a better configuration may remain`,
      caption: `${caption} Dashed line: the best measured rate.`,
      alt: `The bounds fall from ${formatRate(first.bound)} to ${formatRate(last.bound)} queries a second over ${count}; the best measured rate is ${best}.`,
    }
  }
  const bounds = evaluations.map(({ bound }) => bound)
  const target = `${formatGiven(targetQps)} queries a second${lossText(spare)}`
  return {
    title: proof.proven
      ? `After ${count} no cheaper configuration is left that could sustain ${target}`
      : `${count} so far; a cheaper configuration may remain`,
    caption: `${caption} Costs rise from left to right. Dashed line: the target.`,
    alt: `Over ${count} of rising cost the bounds are from ${formatRate(Math.min(...bounds))} to ${formatRate(Math.max(...bounds))} queries a second. The target is ${target}; the first row sustains ${best}.`,
  }
}

/** The stopping line: evaluations until no remaining configuration can be better. */
function stoppingFigure(search: VerifiedSearch): Figure {
  const { evaluations, space } = search
  const names = typeNames(space)
  return {
    id: 'stopping-line',
    ...stoppingTexts(search),
    spec: searchPlot(search),
    data: {
      columns: [
        'evaluation',
        'configuration',
        'outcome',
        'bound_qps',
        'measured_qps',
        'half_width_qps',
        'below_qps',
      ],
      rows: evaluations.map((evaluation, i) => {
        const own = [i + 1, configurationText(names, evaluation.counts), evaluation.outcome, evaluation.bound]
        if (evaluation.outcome === 'refuted') return [...own, null, null, evaluation.below]
        const { mean, halfWidth } = evaluation
        return [...own, mean, Number.isFinite(halfWidth) ? halfWidth : null, null]
      }),
    },
  }
}
