/** What one takes along from the page: the command, the link and the downloads. */
import { inOneBatch } from '../model/results/ranking.ts'
import { rankingCsv } from '../report/allocation/ranking-csv.ts'
import { rankingJson } from '../report/allocation/ranking-json.ts'
import { formatCount } from '../report/numbers.ts'
import { spaceFile, workloadFiles } from '../report/workload-files.ts'
import { download, element, showText, tellError } from './elements.ts'
import { fragmentOf } from './link.ts'
import type { Answer } from './protocol.ts'
import { commandOf, type State } from './state.ts'

/** Connects the buttons. @param answer to the question, as it is shown or computed */
export function bindTakeAlong(state: () => State, answer: () => Promise<Answer>): void {
  element('copy-command').addEventListener('click', () => copy(commandOf(state()), 'The command is copied.'))
  element('copy-link').addEventListener('click', async () => {
    const fragment = await fragmentOf(state())
    if (fragment === undefined) {
      say('These tables are too large for a link: download workload and space instead.')
      return
    }
    history.replaceState(null, '', fragment)
    await copy(location.href, 'The link is copied; it holds the question.')
  })
  const save = async (kind: string) => {
    if (kind === 'csv' || kind === 'json') {
      const saved = await answer()
      download(`ranking.${kind}`, await rankingText(kind, saved))
      const [rows, listed] = [saved.rows.length, saved.listed].map(formatCount)
      if (saved.rows.length < saved.listed)
        say(`ranking.${kind} has the first ${rows} of ${listed} rows: the command lists all of them.`)
    } else if (kind === 'space') {
      const { name, text } = spaceFile(state().space)
      download(name, text)
    } else for (const { name, text } of workloadFiles(state().workload)) download(name, text)
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-download]')) {
    button.addEventListener('click', () => {
      save(button.dataset.download!).catch((error: Error) => tellError(error.message))
    })
  }
}

/** What `kairos-wasm allocate --format csv` or json prints. */
async function rankingText(format: 'csv' | 'json', { head, rows }: Answer): Promise<string> {
  const write = format === 'csv' ? rankingCsv : rankingJson
  let text = ''
  for await (const chunk of write(head, inOneBatch(rows))) text += chunk
  return text
}

/** Says what a button did, until the question changes. The status above the results may be out of sight. */
function say(text: string): void {
  showText('taken', text)
  element('taken').scrollIntoView({ block: 'nearest' })
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(done)
  } catch {
    say(`Copying is not allowed here. Copy it yourself: ${text}`)
  }
}
