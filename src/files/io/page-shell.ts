import { KairosError } from '../../model/errors.ts'
import { packageFile } from '../../model/package-files.ts'
import { readText } from './text.ts'

/** The largest page, and the largest report, bytes. */
const MOST_BYTES = 16 << 20
const MOST_REPORT_BYTES = 64 << 20

/**
 * The start of the element that holds the input. The empty page (src/web/page.html) and every report
 * (src/report/page/document.ts) contain it.
 */
const MARK = '<script type="application/json" id="input">'

/** The empty page, which `npm run build` makes: a planner, and the frame of every report. */
export function readPageShell(): Promise<string> {
  return readText(packageFile('build/page.html'), MOST_BYTES)
}

/** A report that a command has saved. @throws KairosError NO_FILE; TOO_LARGE; BAD_FILE for another file */
export async function readReport(file: string): Promise<string> {
  const text = await readText(file, MOST_REPORT_BYTES)
  if (text.includes(MARK)) return text
  throw new KairosError('BAD_FILE', 'is no report', { file }, 'give an HTML file that --report has written')
}
