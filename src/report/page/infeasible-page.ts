import type { ReportPage } from './page.ts'

/** The page of an answer without a feasible configuration. @param cure what would help, as a message says it */
export function infeasiblePage(id: string, subtitle: string, cure: string): ReportPage {
  const sentence = `${cure[0].toUpperCase()}${cure.slice(1).replace(/\.$/, '')}.`
  return {
    title: 'Nothing is feasible',
    subtitle,
    sections: [{ id, title: 'What would help', paragraphs: [sentence] }],
  }
}
