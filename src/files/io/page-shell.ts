import { packageFile } from '../../model/package-files.ts'
import { readText } from './text.ts'

/** The largest page, bytes. */
const MOST_BYTES = 16 << 20

/** The empty page, which `npm run build` makes: a planner, and the frame of every report. */
export function readPageShell(): Promise<string> {
  return readText(packageFile('build/page.html'), MOST_BYTES)
}
