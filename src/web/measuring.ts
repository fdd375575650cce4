/** The button that measures the chosen configuration, in a worker of its own so that it can be cancelled. */
import type { Counts, Service, Trace } from '../core.ts'
import { slotsOf, typeNames } from '../model/fleet/space.ts'
import { measuredSections } from '../report/page/measure-page.ts'
import { fleetText, targetText } from '../report/phrases.ts'
import { element, showText } from './elements.ts'
import type { EngineCalls, FigureCalls } from './protocol.ts'
import { showIn } from './show.ts'
import type { State } from './state.ts'
import { CallError, type Caller } from './workers.ts'

export interface MeasureOptions {
  state(): State
  /** The configuration of the question, as far as it is known: the chosen one, or the first row of the answer. */
  counts(): Counts | undefined
  trace(): Trace | undefined
  startEngine(signal: AbortSignal): Promise<Caller<EngineCalls>>
  figures(): Caller<FigureCalls>
}

export interface Measurements {
  /** Says beside the results which question they are of, and whether it is still asked. */
  follow(): void
  /** Takes the results away: the question is about another model. */
  forget(): void
}

export function bindMeasure({
  state,
  counts: known,
  trace,
  startEngine,
  figures,
}: MeasureOptions): Measurements {
  /** What the results that are shown are of. */
  let origin: Origin | undefined
  const show = showIn('measured', figures)
  const [start, cancel] = [element<HTMLButtonElement>('measure'), element<HTMLButtonElement>('cancel')]
  const progress = element<HTMLProgressElement>('progress')
  /** Ends the measurement that runs. */
  let stop = new AbortController()
  /** The question that was asked when a measurement ended whose last message is shown. */
  let endedAt: State | undefined
  /** Says how the measurement goes, below its button. */
  const tell = (text: string, isWrong = false) => {
    endedAt = undefined
    showText('measuring', text)
    element('measuring').className = isWrong ? 'wrong' : ''
    element('to-measured').hidden = true
  }
  /** Says how the measurement ended, until the question changes. */
  const tellEnd = (text: string, isWrong = false) => {
    tell(text, isWrong)
    endedAt = state()
  }
  const follow = () => {
    showText('measured-question', origin ? originText(origin, state(), known()) : '')
    if (endedAt !== undefined && endedAt !== state()) tell('')
  }
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
    tell('')
    stop = new AbortController()
    try {
      const engine = await startEngine(stop.signal)
      const asked = state()
      const { workload, space } = asked
      const counts = known() ?? (await firstRow(engine, asked))
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
          tell(`Replaying ${policy}`)
        },
      )
      origin = { asked, fleet: fleetText(measured.capacity) }
      follow()
      const shown = show(measuredSections(measured))
      tellEnd('Measured.')
      element('to-measured').hidden = false
      await shown
    } catch (error) {
      if (error instanceof CallError && error.code === 'ABORTED') tellEnd('The measurement was cancelled.')
      else tellEnd((error as Error).message, true)
    } finally {
      const hadFocus = document.activeElement === cancel
      stop.abort()
      setRunning(false)
      if (hadFocus) start.focus()
    }
  })
  cancel.addEventListener('click', () => stop.abort())
  return {
    follow,
    forget() {
      origin = undefined
      follow()
      void show([])
    },
  }
}

/** What results are of. */
interface Origin {
  readonly asked: State
  /** The configuration, with its slots. */
  readonly fleet: string
}

/** Which question results are of, and whether it differs from the one that is asked now, about these counts. */
function originText({ asked, fleet }: Origin, now: State, counts: Counts | undefined): string {
  const { workload } = asked
  const { latency, mix } = now.workload
  const types = typeNames(now.space)
  // a report shows its first row before the page has ranked
  const isSame =
    asked === now ||
    (workload.latency === latency &&
      workload.mix === mix &&
      targetText(workload) === targetText(now.workload) &&
      // while the first row is not known the question may still be the same
      (counts === undefined || fleet === fleetText({ types, counts, slots: slotsOf(now.space) })))
  const another = isSame ? '' : ' The question is another one now: measure again to answer it.'
  return `Measured by replay: ${fleet} for ${workload.model}, ${targetText(workload)}.${another}`
}

async function firstRow(engine: Caller<EngineCalls>, state: State): Promise<Counts> {
  const { rows } = await engine.call('rank', { ...state, topN: 1 })
  if (rows.length > 0) return rows[0].counts
  throw new Error('There is no configuration to measure: nothing is feasible.')
}
