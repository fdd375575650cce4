/** Files that are chosen, dropped on the page, or pasted. */
import type { Trace, TraceDescription } from '../core.ts'
import { element, showText } from './elements.ts'
import type { Dropped, EngineCalls } from './protocol.ts'
import type { State } from './state.ts'
import { withDropped } from './with-dropped.ts'

export interface FilesOptions {
  state(): State
  read(input: EngineCalls['read']['input']): Promise<Dropped>
  /** Takes the question with what was read. */
  take(state: State, said: string): void
  /** Shows what a dropped trace is like, or that there is none. */
  describe(description: TraceDescription | undefined): void
  fail(message: string): void
}

export interface Files {
  /** The trace that was dropped last, as long as its mix is that of the question. */
  trace(): Trace | undefined
  /** Forgets the trace: the question is about another model. */
  forget(): void
}

export function bindFiles({ state, read, take, describe, fail }: FilesOptions): Files {
  let trace: Trace | undefined
  const keep = (next: Trace | undefined, description?: TraceDescription) => {
    trace = next
    describe(description)
  }
  const add = async (list: ArrayLike<File> = []) => {
    if (list.length === 0) return
    const given = Array.from(list)
    const done = showReading(given.map(({ name }) => name))
    try {
      const files = await Promise.all(
        given.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
      )
      const { workload, space } = state()
      const dropped = await read({ files, workload, space })
      // the question may have been edited meanwhile
      const next = withDropped(state(), dropped)
      if (dropped.workload ?? dropped.mix) keep(dropped.trace, dropped.description)
      take(next.state, `${next.notes.join('. ')}.`)
    } catch (error) {
      fail((error as Error).message)
    } finally {
      done()
    }
  }
  const chooser = element<HTMLInputElement>('files')
  chooser.addEventListener('change', async () => {
    await add(chooser.files ?? [])
    // the same file can be chosen again after it was corrected
    chooser.value = ''
  })
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    document.body.classList.add('dropping')
  })
  document.addEventListener('dragleave', () => document.body.classList.remove('dropping'))
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    document.body.classList.remove('dropping')
    void add(event.dataTransfer?.files)
  })
  document.addEventListener('paste', ({ target, clipboardData }) => {
    // a field takes the text itself
    if ((target as Element).closest('input')) return
    const { files = [] } = clipboardData ?? {}
    void add(files.length > 0 ? files : filesOfText(clipboardData?.getData('text') ?? ''))
  })
  return { trace: () => trace, forget: () => keep(undefined) }
}

/** The table or the document in a copied text. Spreadsheets copy tabs between cells. */
function filesOfText(text: string): File[] {
  if (text.trim() === '') return []
  if (/^\s*[{[]/.test(text)) return [new File([text], 'pasted.json')]
  return [new File([text.includes(',') ? text : text.replaceAll('\t', ',')], 'pasted.csv')]
}

/** The files that are being read. */
const reading = new Set<readonly string[]>()

/** Says that files are being read. @returns a function that ends it */
function showReading(names: readonly string[]): () => void {
  const show = () => {
    showText('reading', reading.size > 0 ? `Reading ${[...reading].flat().join(', ')}` : '')
  }
  reading.add(names)
  show()
  return () => {
    reading.delete(names)
    show()
  }
}
