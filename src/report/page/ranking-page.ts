import { counted } from '../../model/counted.ts'
import { costLimit, dollars, typeNames } from '../../model/fleet/space.ts'
import type { Explanation } from '../../model/results/explanation.ts'
import type { RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import { budgetFigure, costPerQueryFigure, dollarsPerThousand } from '../figures/budget.ts'
import { costBoundFigure } from '../figures/cost-bound.ts'
import { gainFigure } from '../figures/gain.ts'
import { routingFigure } from '../figures/routing.ts'
import {
  formatCents,
  formatCount,
  formatDollars,
  formatGiven,
  formatPrice,
  formatRate,
  percent,
  sharePercent,
} from '../numbers.ts'
import {
  boundText,
  configurationText,
  countsText,
  cutNote,
  INFEASIBLE,
  lossText,
  questionText,
  rangeText,
} from '../phrases.ts'
import { countColumns, numeric, textual } from '../table-columns.ts'
import { infeasiblePage } from './infeasible-page.ts'
import type { PageTable, ReportPage, Section } from './page.ts'

/** A ranking with what a page shows beside it. */
export interface RankingAnswer {
  readonly head: RankingHead
  /** The best rows, best first. */
  readonly rows: readonly RankedConfiguration[]
  /** How many rows the ranking has, where `rows` are its first. */
  readonly listed?: number
  /** Whether the rows are only those of the frontier. */
  readonly pareto?: boolean
  /** The frontier of cost and bound, also beyond the budget. Without it, figures about other budgets are left out. */
  readonly frontier?: readonly RankedConfiguration[] | undefined
  /** Of the chosen configuration. */
  readonly explanation?: Explanation | undefined
}

/** The most rows of a table. */
const MOST_ROWS = 100

/** What a ranking shows: the rows, the chosen configuration, and their figures. */
export function rankingPage(answer: RankingAnswer): ReportPage {
  const { head, rows } = answer
  const names = typeNames(head.space)
  const subtitle = `${questionText(head.workload, head.space)}; ${countsText(head)}`
  const [best] = rows
  if (head.infeasible) return infeasiblePage('infeasible', subtitle, head.infeasible.message)
  if (!best || best.bound === 0) return nothingFoundPage(head, subtitle)
  const rate =
    head.bound === 'closed-form'
      ? `an estimate of ${formatRate(best.bound)}`
      : `at most ${formatRate(best.bound)}`
  const title = `${configurationText(names, best.counts)}: ${rate} queries a second for $${formatPrice(best.costPerHour)} an hour`
  return { title, subtitle, sections: [rankingSection(answer), ...explanationSections(answer)] }
}

/** The page of a ranking that ended before it reached a feasible row. */
function nothingFoundPage({ proof }: RankingHead, subtitle: string): ReportPage {
  const why = proof && proof.gap > 0 ? 'the ranking ended early: give it more time' : 'no row was found'
  return infeasiblePage('infeasible', subtitle, why, 'No feasible configuration was found')
}

function rankingSection(answer: RankingAnswer): Section {
  const { head, rows, listed, explanation, pareto = false } = answer
  // the frontier of some rows would say that nothing cheaper is feasible
  const frontier = answer.frontier ?? (pareto && rows.length === (listed ?? rows.length) ? rows : undefined)
  // costs of rows are rounded, so the limit is too
  const limit = dollars(costLimit(head.space))
  const inside = frontier?.filter(({ costPerHour }) => costPerHour <= limit)
  return {
    id: 'ranking',
    title: rankingTitle(answer),
    paragraphs: proofText(head),
    tables: [rankingTable(answer)],
    figures: [
      costBoundFigure({ head, rows, listed, frontier: inside, chosen: explanation }),
      ...(frontier ? [budgetFigure(head, frontier)] : []),
      ...(inside ? [costPerQueryFigure(head, inside)] : []),
    ],
  }
}

function rankingTitle({ head: { targetQps, spare }, pareto = false }: RankingAnswer): string {
  if (targetQps === undefined) return pareto ? 'Frontier of cost and bound' : 'Best configurations'
  return `Cheapest for ${formatGiven(targetQps)} queries a second${lossText(spare)}`
}

function proofText({ proof, targetQps }: RankingHead): string[] {
  if (!proof) return []
  const { visited, pruned, gap, provenRows = 0 } = proof
  const proven =
    targetQps === undefined
      ? 'no configuration has a higher bound'
      : 'no cheaper configuration has a bound that reaches the target'
  const better = targetQps === undefined ? 'a better row may exceed the best by' : 'a cheaper one may save'
  const rows = provenRows > 0 ? `The first ${counted(provenRows, 'row')}` : 'The rows'
  const are = provenRows === 1 ? 'is' : 'are'
  const state = gap === 0 ? `proven: ${proven}` : `not proven: ${better} up to ${percent(gap, 2)}`
  return [
    `${rows} ${are} ${state} (${formatCount(visited)} parts of the space visited, ${formatCount(pruned)} excluded by their bound).`,
  ]
}

function rankingTable({ head, rows, listed = rows.length, explanation }: RankingAnswer): PageTable {
  const names = typeNames(head.space)
  const typeColumns = countColumns(names)
  const shown = rows.slice(0, MOST_ROWS)
  const fluid = shown[0].closedForm !== undefined
  const note = cutNote(shown.length, listed)
  return {
    id: 'ranking',
    caption: orderText(head),
    columns: [
      numeric('#'),
      ...typeColumns,
      numeric('$/hour'),
      numeric(head.bound === 'closed-form' ? 'estimate q/s' : 'bound q/s'),
      numeric('cents per 1,000 queries'),
      ...(fluid
        ? [
            numeric(head.workload.batching ? 'closed form without batches' : 'closed form'),
            textual('limited most by'),
          ]
        : []),
    ],
    rows: shown.map((row) => [
      formatCount(row.rank),
      ...typeColumns.map(({ cell }) => cell(row.counts)),
      formatDollars(row.costPerHour),
      formatRate(row.bound),
      centsText(row),
      ...(fluid ? [row.closedForm == null ? '·' : formatRate(row.closedForm), row.limits?.[0] ?? ''] : []),
    ]),
    choices: shown.map(({ counts }) => configurationText(names, counts)),
    chosen: explanation && configurationText(names, explanation.counts),
    ...(note !== undefined && { note }),
  }
}

function orderText({ bound, targetQps }: RankingHead): string {
  const name = boundText(bound)
  const order = targetQps === undefined ? `Ranked by the ${name}` : `Ranked by cost, with the ${name}`
  return bound === 'closed-form'
    ? `${order}, an estimate of the throughput`
    : `${order}, which no policy exceeds in the long run; replays measure what is sustained`
}

/** What a thousand queries cost; a configuration that serves none has no such cost. */
function centsText({ costPerHour, bound }: RankedConfiguration): string {
  return bound > 0 ? formatCents(100 * dollarsPerThousand(costPerHour, bound)) : '·'
}

function explanationSections({ explanation }: RankingAnswer): Section[] {
  if (!explanation) return []
  const { types, counts, bound, violations } = explanation
  const names = types.map(({ name }) => name)
  const { share, allowed, onePointMoreQps } = violations
  const late = `${sharePercent(share)} of queries are late under the best routing, ${sharePercent(allowed)} may be`
  const gain =
    onePointMoreQps > 0 ? `; one percentage point more would gain ${formatRate(onePointMoreQps)} q/s` : ''
  return [
    {
      id: 'explanation',
      title: `Why ${configurationText(names, counts)} ${bound > 0 ? `serves at most ${formatRate(bound)} queries a second` : 'is infeasible'}`,
      paragraphs: [bound > 0 ? `${late}${gain}.` : INFEASIBLE],
      tables: [
        {
          id: 'explanation',
          caption: 'What each type contributes, and what one more would gain',
          columns: [
            textual('type'),
            numeric('count'),
            numeric('busy'),
            numeric('of queries'),
            numeric('+1 gains q/s'),
            numeric('per $ q/s'),
            textual('batch sizes, share of them'),
          ],
          rows: types.map((type) => [
            type.name,
            String(type.count),
            type.count > 0 ? percent(type.utilisation, 1) : '·',
            type.count > 0 ? percent(type.queries, 1) : '·',
            formatRate(type.oneMoreQps),
            formatRate(type.oneMoreQpsPerDollar),
            type.bins.map(rangeText).join(', '),
          ]),
        },
      ],
      figures: [gainFigure(explanation), ...(bound > 0 ? [routingFigure(explanation)] : [])],
    },
  ]
}
