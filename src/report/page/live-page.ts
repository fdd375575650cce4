import { counted } from '../../model/counted.ts'
import { allowedViolations } from '../../model/results/latencies.ts'
import type { LiveRunSummary } from '../../model/results/live-run.ts'
import type { Figure } from '../figures/figure.ts'
import { formatCount } from '../numbers.ts'
import { lostServerTexts } from '../replay/lost-servers.ts'
import { numeric, textual } from '../table-columns.ts'
import { type ReplayAnswer, replayPage } from './measure-page.ts'
import type { ReportPage, Section } from './page.ts'

/**
 * Live runs of one trace: as replays, but with the queries that were not answered as violations in the title and the
 * table, and with the servers that were lost.
 *
 * @param results of each run of the answer, in the same order
 */
export function livePage(answer: ReplayAnswer, results: readonly LiveRunSummary[]): ReportPage {
  const { percentile, rows } = answer.results
  const counted = rows.map((row, i) => {
    const { queries } = results[i]
    const violations = row.violations + queries - row.queries
    return { ...row, queries, violations, withinQos: violations <= allowedViolations(queries, percentile) }
  })
  const page = replayPage(answer, counted, 'on live servers')
  const [section, ...others] = page.sections
  const sections = [withNote(section, results), ...others]
  const lost = results.flatMap((result) =>
    lostServerTexts(result).map(({ address, losses, first, reason, outcome }) => {
      return [result.policy, address, formatCount(losses), first, reason, outcome]
    }),
  )
  return { ...page, sections: lost.length === 0 ? sections : [...sections, lostSection(lost)] }
}

/**
 * The section with a note on what spoils its figures: queries without an answer, which figures lack, runs that ended
 * early, and a driver that fell behind.
 */
function withNote(section: Section, results: readonly LiveRunSummary[]): Section {
  const failed = results.flatMap(({ policy, failed }) => {
    return failed === 0 ? [] : [`${formatCount(failed)} under ${policy}`]
  })
  const early = results.filter(({ endedEarly }) => endedEarly)
  const lacksSome = failed.length > 0 || early.length > 0
  const remarks = [
    ...(failed.length > 0
      ? [`Queries that were not answered count as violations: ${failed.join(', ')}.`]
      : []),
    ...early.map(({ policy, open }) => `The run under ${policy} ended early: ${openText(open)}.`),
    ...(lacksSome ? ['The latencies and pictures are of the answered queries.'] : []),
    ...results
      .filter(({ fellBehind }) => fellBehind)
      .map(({ policy }) => `The driver fell behind under ${policy}: its lag spoils the latencies.`),
  ]
  if (remarks.length === 0) return section
  const note = remarks.join(' ')
  const { tables = [], figures = [] } = section
  return {
    ...section,
    tables: tables.map((table) => ({ ...table, note })),
    figures: lacksSome ? figures.map(ofAnswered) : figures,
  }
}

function ofAnswered(figure: Figure): Figure {
  const title = `Of the answered queries, ${figure.title}`
  return { ...figure, title, alt: `Answered queries alone. ${figure.alt}` }
}

function openText(open: number): string {
  if (open === 0) return 'no query was still open'
  return counted(
    open,
    'query was still open and counts as a violation',
    'queries were still open and count as violations',
  )
}

function lostSection(rows: readonly (readonly string[])[]): Section {
  return {
    id: 'lost-servers',
    title: 'Lost servers',
    paragraphs: ['Without them the fleet was smaller, and their utilisation counts the time as idle.'],
    tables: [
      {
        id: 'lost-servers',
        caption: 'Servers that did not answer a query; times from the start of the trace',
        columns: [
          textual('policy'),
          textual('server'),
          numeric('losses'),
          numeric('first after'),
          textual('reason'),
          textual('then'),
        ],
        rows,
      },
    ],
  }
}
