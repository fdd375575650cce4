import { allowedViolations } from '../../model/results/latencies.ts'
import type { LiveRunSummary } from '../../model/results/live-run.ts'
import { formatCount } from '../numbers.ts'
import { lostServerTexts } from '../replay/lost-servers.ts'
import { numeric, textual } from '../table-columns.ts'
import { type ReplayAnswer, replayPage } from './measure-page.ts'
import type { ReportPage, Section } from './page.ts'

/**
 * Live runs of one trace: as replays, but with the queries that were not answered as violations, and the servers that
 * were lost.
 *
 * @param results of each run of the answer, in the same order
 */
export function livePage(answer: ReplayAnswer, results: readonly LiveRunSummary[]): ReportPage {
  const { percentile, rows } = answer.results
  const unanswered = rows.map((row, i) => results[i].queries - row.queries)
  const counted = rows.map((row, i) => {
    const queries = row.queries + unanswered[i]
    const violations = row.violations + unanswered[i]
    return { ...row, queries, violations, withinQos: violations <= allowedViolations(queries, percentile) }
  })
  const page = replayPage({ ...answer, results: { ...answer.results, rows: counted } }, 'on live servers')
  const [section, ...others] = page.sections
  const sections = [withUnanswered(section, rows, unanswered), ...others]
  const lost = results.flatMap((result) =>
    lostServerTexts(result).map(({ address, losses, first, reason, outcome }) => {
      return [result.policy, address, formatCount(losses), first, reason, outcome]
    }),
  )
  return { ...page, sections: lost.length === 0 ? sections : [...sections, lostSection(lost)] }
}

/** The section with a note of the queries without an answer below its table. */
function withUnanswered(
  section: Section,
  rows: ReplayAnswer['results']['rows'],
  unanswered: readonly number[],
): Section {
  const texts = rows.flatMap(({ policy }, i) => {
    return unanswered[i] === 0 ? [] : [`${formatCount(unanswered[i])} under ${policy}`]
  })
  if (texts.length === 0) return section
  const note = `Queries that were not answered count as violations: ${texts.join(', ')}. The latencies and pictures are of the others.`
  return { ...section, tables: section.tables?.map((table) => ({ ...table, note })) ?? [] }
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
