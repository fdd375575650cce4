import type { ReportPage } from './page.ts'

/** The page of an answer without a feasible configuration. @param message without a full stop: what would help */
export function infeasiblePage(
  id: string,
  subtitle: string,
  message: string,
  title = 'Nothing is feasible',
): ReportPage {
  const sentence = `${message[0].toUpperCase()}${message.slice(1)}.`
  return {
    title,
    subtitle,
    sections: [{ id, title: 'What would help', paragraphs: [sentence] }],
  }
}
