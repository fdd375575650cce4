/** Fills the page that `npm run build` makes with a report. */
import { themedSvg } from '../plots/palette.ts'
import { renderSvg } from '../plots/plot.ts'
import { escapeHtml, jsonForScript, proseHtml, sectionsHtml } from './html.ts'
import type { ReportPage } from './page.ts'
import type { PageInput } from './question.ts'

/** What a report replaces in the empty page, src/web/page.html. Each place is there once. */
const PLACES = {
  title: /<title>[^<]*<\/title>/,
  heading: /(?<=<h1 id="heading"[^>]*>)[^<]*(?=<)/,
  subtitle: /(?<=<p id="subtitle"[^>]*>)[^<]*(?=<)/,
  report: '<!--report-->',
  input: /(?<=<script type="application\/json" id="input">)[^<]*(?=<)/,
} as const

/**
 * A report as one HTML file: the empty page with the sections, their drawn figures, and the question.
 *
 * @param shell the content of build/page.html
 */
export async function reportHtml(
  shell: string,
  page: ReportPage,
  input: PageInput | object,
): Promise<string> {
  const svgs = new Map<string, string>()
  for (const { figures = [] } of page.sections) {
    for (const { id, spec } of figures) svgs.set(id, themedSvg(await renderSvg(spec, { inPage: true })))
  }
  return filled(shell, {
    title: `<title>${escapeHtml(page.title)} · kairos</title>`,
    heading: proseHtml(page.title),
    subtitle: proseHtml(page.subtitle),
    report: sectionsHtml(page.sections, svgs),
    input: jsonForScript(input),
  })
}

function filled(shell: string, content: Record<keyof typeof PLACES, string>): string {
  let text = shell
  for (const [name, place] of Object.entries(PLACES)) {
    // a function: a replacement text would read $& and $1 in names
    text = text.replace(place, () => content[name as keyof typeof PLACES])
  }
  return text
}
