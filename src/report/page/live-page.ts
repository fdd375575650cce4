import type { LiveRunSummary } from '../../model/results/live-run.ts'
import { formatCount } from '../numbers.ts'
import { lostServerTexts } from '../replay/lost-servers.ts'
import { numeric, textual } from '../table-columns.ts'
import { type ReplayAnswer, replayPage } from './measure-page.ts'
import type { ReportPage, Section } from './page.ts'

/** Live runs of one trace: as replays, and the servers that were lost. */
export function livePage(answer: ReplayAnswer, results: readonly LiveRunSummary[]): ReportPage {
  const page = replayPage(answer)
  const rows = results.flatMap((result) =>
    lostServerTexts(result).map(({ address, losses, first, reason, outcome }) => {
      return [result.policy, address, formatCount(losses), first, reason, outcome]
    }),
  )
  return rows.length === 0 ? page : { ...page, sections: [...page.sections, lostSection(rows)] }
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
