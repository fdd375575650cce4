import { join } from 'node:path'
import { type Chunks, writeAtomically, writeTogether } from '../../files/io/write.ts'
import { type PlotSpec, renderSvg } from '../../report/plot.ts'
import { tell } from './terminal.ts'

/** Where results go, and in which form. */
export interface OutputFlags<Format extends string = string> extends SaveFlags {
  readonly format: Format
  readonly color: boolean
}

interface SaveFlags {
  readonly out?: string
  readonly svg?: string
  readonly quiet?: boolean
}

/** With `--out`: saves a result under a name in the folder, with the configuration that made it. */
export async function saveResult(
  { out, quiet }: SaveFlags,
  name: string,
  result: Chunks,
  config: string,
): Promise<void> {
  if (out === undefined) return
  const files = [
    { path: join(out, name), chunks: result },
    { path: join(out, 'config.json'), chunks: config },
  ]
  await writeTogether(files)
  tell(quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
}

/** With `--svg`: saves a picture. */
export async function savePicture({ svg, quiet }: SaveFlags, spec: () => PlotSpec): Promise<void> {
  if (svg === undefined) return
  await writeAtomically(svg, await renderSvg(spec()))
  tell(quiet, `saved ${svg}`)
}
