/** Files that are dropped on the page or chosen in it. */
import type { Trace, TraceDescription } from '../core.ts'
import { element, showError } from './elements.ts'
import type { Dropped, EngineCalls } from './protocol.ts'
import type { State } from './state.ts'

export interface FilesOptions {
  state(): State
  read(input: EngineCalls['read']['input']): Promise<Dropped>
  take(state: State, said: string): void
  /** Shows what a dropped trace is like. */
  describe(description: TraceDescription): void
}

/** @returns the trace that was dropped last, if there is one */
export function bindFiles({ state, read, take, describe }: FilesOptions): () => Trace | undefined {
  let trace: Trace | undefined
  const add = async (list: FileList | null | undefined) => {
    if (!list || list.length === 0) return
    try {
      const files = await Promise.all(
        [...list].map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
      )
      const now = state()
      const dropped = await read({ files, workload: now.workload, space: now.space })
      trace = dropped.trace ?? trace
      const { workload = now.workload, space = now.space } = dropped
      const own = workload === now.workload ? {} : { shipped: undefined }
      showError('')
      take({ ...now, ...own, workload, space, counts: undefined }, `${dropped.notes.join('. ')}.`)
      if (dropped.description) describe(dropped.description)
    } catch (error) {
      showError((error as Error).message)
    }
  }
  const chooser = element<HTMLInputElement>('files')
  chooser.addEventListener('change', async () => {
    await add(chooser.files)
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
  return () => trace
}
