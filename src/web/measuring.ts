/** The button that measures the chosen configuration, in a worker of its own so that it can be cancelled. */
import type { Counts, Service, Trace } from '../core.ts'
import { measuredSections } from '../report/page/measure-page.ts'
import { element, showError, showStatus } from './elements.ts'
import type { EngineCalls, FigureCalls } from './protocol.ts'
import { createDisplay } from './show.ts'
import type { State } from './state.ts'
import { CallError, type Caller } from './workers.ts'

export interface MeasureOptions {
  state(): State
  trace(): Trace | undefined
  startEngine(): Promise<Caller<EngineCalls>>
  figures(): Caller<FigureCalls>
}

export function bindMeasure({ state, trace, startEngine, figures }: MeasureOptions): void {
  const display = createDisplay('measured', figures)
  const [start, cancel] = [element<HTMLButtonElement>('measure'), element<HTMLButtonElement>('cancel')]
  const progress = element<HTMLProgressElement>('progress')
  let engine: Caller<EngineCalls> | undefined
  const setRunning = (running: boolean) => {
    start.disabled = running
    cancel.hidden = !running
    progress.hidden = !running
    document.body.dataset.measure = running ? 'running' : 'ended'
  }
  start.addEventListener('click', async () => {
    const [queries, repeats] = [element<HTMLInputElement>('queries'), element<HTMLInputElement>('repeats')]
    if (!queries.reportValidity() || !repeats.reportValidity()) return
    setRunning(true)
    cancel.focus()
    progress.value = 0
    try {
      engine = await startEngine()
      const { workload, space, ...question } = state()
      const counts = question.counts ?? (await firstRow(engine, state()))
      const measured = await engine.call(
        'measure',
        {
          ...{ workload, space, counts, trace: trace(), seed: 1 },
          service: element<HTMLSelectElement>('service').value as Service,
          queries: Number(queries.value),
          repeats: Number(repeats.value),
        },
        ({ done, total, text: policy }) => {
          progress.max = total
          progress.value = done
          showStatus(`Replaying ${policy}`)
        },
      )
      showStatus('Measured.')
      await display.show(measuredSections(measured))
    } catch (error) {
      if (error instanceof CallError && error.code === 'ABORTED') showStatus('The measurement was cancelled.')
      else showError((error as Error).message)
    } finally {
      const hadFocus = document.activeElement === cancel
      engine?.end()
      engine = undefined
      setRunning(false)
      if (hadFocus) start.focus()
    }
  })
  cancel.addEventListener('click', () => engine?.end())
}

async function firstRow(engine: Caller<EngineCalls>, state: State): Promise<Counts> {
  const { rows } = await engine.call('rank', { ...state, topN: 1 })
  if (rows.length > 0) return rows[0].counts
  throw new Error('There is no configuration to measure: nothing is feasible.')
}
