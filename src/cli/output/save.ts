import { join } from 'node:path'
import { readPageShell } from '../../files/io/page-shell.ts'
import { writeAtomically, writeTogether } from '../../files/io/write.ts'
import type { ServedTrace } from '../../model/results/replay.ts'
import { reportHtml } from '../../report/page/document.ts'
import type { ReportPage } from '../../report/page/page.ts'
import type { PageInput } from '../../report/page/question.ts'
import { type PlotSpec, renderSvg } from '../../report/plots/plot.ts'
import { chromeTrace } from '../../report/replay/chrome-trace.ts'
import { type Shown, show, showing, tell, withoutColor } from './terminal.ts'

/** Where results go, and in which form. */
export interface OutputFlags<Format extends string = string> extends SaveFlags {
  readonly format: Format
  readonly color: boolean
}

interface SaveFlags {
  readonly out?: string
  readonly svg?: string
  readonly report?: string
  readonly quiet?: boolean
}

/** With `--out`: saves a result without colours under a name in the folder, with the configuration that made it. */
export async function saveResult(
  { out, quiet }: SaveFlags,
  name: string,
  result: Shown | string,
  config: string,
): Promise<void> {
  if (out === undefined) return
  const files = [
    { path: join(out, name), chunks: withoutColor(typeof result === 'string' ? [result] : result) },
    { path: join(out, 'config.json'), chunks: config },
  ]
  await writeTogether(files)
  tell(quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
}

/** Prints a result piece by piece; with `--out`, saves what is printed as `saveResult` does. */
export async function showAndSave(
  chunks: Shown,
  given: SaveFlags,
  name: string,
  config: string,
): Promise<void> {
  if (given.out === undefined) await show(chunks)
  else await saveResult(given, name, showing(chunks), config)
}

/** With `--svg`: saves a picture. */
export async function savePicture({ svg, quiet }: SaveFlags, spec: () => PlotSpec): Promise<void> {
  if (svg === undefined) return
  await writeAtomically(svg, await renderSvg(spec()))
  tell(quiet, `saved ${svg}`)
}

/** With `--chrome-trace`: saves a timeline for each run, by its file. */
export async function saveTimelines(
  runs: ReadonlyMap<string, ServedTrace>,
  quiet: boolean | undefined,
): Promise<void> {
  if (runs.size === 0) return
  await writeTogether([...runs].map(([path, run]) => ({ path, chunks: chromeTrace(run) })))
  tell(quiet, `saved ${[...runs.keys()].join(' and ')}`)
}

/** A report, and the question from which its page computes again; without a question the page is only read. */
export interface AskedPage {
  readonly page: ReportPage
  readonly input: PageInput | undefined
}

/** With `--report`: saves the result as a page. */
export async function saveReport(
  { report, quiet }: SaveFlags,
  content: () => AskedPage | Promise<AskedPage>,
): Promise<void> {
  if (report === undefined) return
  const { page, input } = await content()
  await writeAtomically(report, await reportHtml(await readPageShell(), page, input ?? {}))
  tell(quiet, `saved ${report}`)
}

/** Saves the files of a result, then prints it. It is printed all the same where a file cannot be saved. */
export async function saveAndShow(text: string, save: () => Promise<void>): Promise<void> {
  try {
    await save()
  } finally {
    await show([text])
  }
}
