/**
 * The page: a report where it carries results, a planner where it is opened empty. A change of the question is sent to
 * a worker; only the newest one is computed.
 */

import { rankingCsv } from '../report/allocation/ranking-csv.ts'
import { rankingJson } from '../report/allocation/ranking-json.ts'
import { formatCount } from '../report/numbers.ts'
import type { PageInput } from '../report/page/question.ts'
import { rankingPage } from '../report/page/ranking-page.ts'
import { tracePage } from '../report/page/trace-page.ts'
import { questionText } from '../report/phrases.ts'
import { spaceFile, workloadFiles } from '../report/workload-files.ts'
import { bindControls, showQuestion, showState } from './controls.ts'
import { download, element, showError, showStatus } from './elements.ts'
import { bindFiles } from './files.ts'
import { fragmentOf, stateOfFragment } from './link.ts'
import { bindMeasure } from './measuring.ts'
import { bindPictures } from './pictures.ts'
import type { Answer, EngineCalls, FigureCalls } from './protocol.ts'
import { createRanker } from './ranker.ts'
import { createDisplay } from './show.ts'
import { chosenOf, commandOf, countsOf, DEFAULT_ROWS, hasSameTables, type State, stateOf } from './state.ts'
import { bytesIn, type Caller, startWorker } from './workers.ts'

async function shippedFiles(): Promise<Record<string, string>> {
  return JSON.parse(new TextDecoder().decode(await bytesIn('data')))
}

/** The names of the shipped workloads among the shipped files. */
function workloadNames(files: Record<string, string>): string[] {
  return Object.keys(files).flatMap((name) => /^workloads\/(.+)\.json$/.exec(name)?.[1] ?? [])
}

/** Starts engines: each of them knows the kernel and the shipped files. A signal ends its engine, even before it is ready. */
async function engineStarter(
  files: Record<string, string>,
): Promise<(signal?: AbortSignal) => Promise<Caller<EngineCalls>>> {
  const [code, kernel] = await Promise.all([bytesIn('engine'), bytesIn('kernel')])
  return async (signal) => {
    const engine = startWorker<EngineCalls>(code)
    signal?.addEventListener('abort', () => engine.end())
    await engine.call('start', { kernel, files })
    return engine
  }
}

async function main(): Promise<void> {
  bindPictures()
  const given = JSON.parse(element('input').textContent ?? 'null') as PageInput | null
  // a report without a question is only read
  if (given && !given.workload) {
    document.body.dataset.state = 'ready'
    return
  }
  document.body.classList.add('scripted')
  const files = await shippedFiles()
  const shippedNames = workloadNames(files)
  const startEngine = await engineStarter(files)
  const engine = await startEngine()
  let figures: Caller<FigureCalls> | undefined
  const figureCode = await bytesIn('figures')
  const drawing = () => {
    figures ??= startWorker<FigureCalls>(figureCode)
    return figures
  }
  const live = createDisplay('live', drawing)
  const traced = createDisplay('traced', drawing)
  const readShipped = (name: string) => engine.call('shipped', name)
  /** Marks the question of a report as shipped if its table and mix are those of a shipped workload. */
  const recognised = async (asked: State): Promise<State> => {
    const { model } = asked.workload
    if (!shippedNames.includes(model)) return asked
    const { workload, space } = await readShipped(model)
    return hasSameTables(asked.workload, workload) ? { ...asked, shipped: model, givenSpace: space } : asked
  }

  let notice = ''
  let remark = ''
  /** Questions of links and of chosen models are read before they are taken: an older one never replaces a newer one. */
  let turns = 0
  let taken = 0
  /** How many are not read yet: until then the page shows another question. */
  let toRead = 0
  /** The question without a link. */
  const first = async () => (given ? recognised(stateOf(given)) : shippedState('rm2', readShipped))
  const linked = await stateOfFragment(location.hash, readShipped).catch(() => {
    notice = 'The link is damaged: the page shows its own question instead.'
    return undefined
  })
  /** The answer that is shown, where it is to the question. */
  let answered: Answer | undefined
  let state: State = linked ?? (await first())

  /** Nothing of an earlier answer stays beside the message. */
  function showFailure(error: Error): void {
    if (!given || given.live) {
      element('heading').textContent = 'The question has no answer'
      element('subtitle').textContent = questionText(state.workload, state.space)
      element('report').replaceChildren()
    }
    showStatus('')
    fail(error.message)
    document.body.dataset.state = 'failed'
    measurements.follow()
    void live.show([])
  }

  /** Shows a message until the question changes. */
  function fail(message: string): void {
    notice = message
    showError(message)
  }

  async function showAnswer(answer: Answer, isNewest: () => boolean): Promise<void> {
    if (isNewest()) {
      answered = answer
      measurements.follow()
    }
    const page = rankingPage(answer)
    showError(notice)
    if (!given || given.live) {
      element('heading').textContent = page.title
      element('subtitle').textContent = page.subtitle
      element('report').replaceChildren()
    }
    showStatus(`Ranked in ${Math.max(1, Math.round(answer.elapsedMs))} ms. ${remark}`.trim())
    document.body.dataset.rankedMs = String(answer.elapsedMs)
    try {
      await live.show(page.sections)
      if (isNewest() && toRead === 0) document.body.dataset.state = 'ready'
    } catch (error) {
      fail((error as Error).message)
      document.body.dataset.state = 'failed'
    }
  }

  const compute = createRanker({
    startEngine,
    question: () => ({ ...state, counts: chosenOf(state) }),
    show: (answer, isNewest) => void showAnswer(answer, isNewest),
    showProgress: (share) => showStatus(`${Math.round(100 * share)}% of the space`),
    showFailure,
  })

  /** @param edited the field of the edit; without one, all fields show the new question */
  function change(apply: (state: State) => State, edited?: Element | null): void {
    const next = apply(state)
    if (next === state) return
    state = next
    answered = undefined
    notice = ''
    remark = ''
    showAsked(edited)
    void compute()
  }

  function showAsked(edited?: Element | null): void {
    showState(state, edited)
    element('command').textContent = commandOf(state)
    measurements.follow()
  }

  /** Takes a new question, whose sliders reach further or less far. @param said what to tell beside the ranking */
  function take(next: State, said = ''): void {
    showQuestion(next, shippedNames)
    change(() => next)
    remark = said
  }

  /** Takes a question about another model: its trace and its measurements are others. */
  function takeOther(next: State): void {
    dropped.forget()
    measurements.forget()
    take(next)
  }

  async function takeRead(read: Promise<State | undefined>): Promise<void> {
    const turn = ++turns
    toRead++
    try {
      const next = await read.finally(() => toRead--)
      if (next && turn > taken) {
        taken = turn
        takeOther(next)
        return
      }
    } catch (error) {
      fail((error as Error).message)
    }
    if (answered && toRead === 0) document.body.dataset.state = 'ready'
  }

  const dropped = bindFiles({
    state: () => state,
    read: (input) => engine.call('read', input),
    take,
    describe: (description) => void traced.show(description ? tracePage(description).sections : []),
    fail,
  })
  const measurements = bindMeasure({
    state: () => state,
    counts: () => chosenOf(state) ?? answered?.rows[0]?.counts,
    trace: dropped.trace,
    startEngine,
    figures: drawing,
  })
  bindControls((apply) => change(apply, document.activeElement))
  element<HTMLSelectElement>('model').addEventListener('change', ({ target }) => {
    const name = (target as HTMLSelectElement).value
    if (name === '') return
    document.body.dataset.state = 'computing'
    void takeRead(shippedState(name, readShipped, state.topN))
  })
  element('results').addEventListener('click', ({ target }) => {
    const choice = (target as HTMLElement).dataset.choose
    if (choice !== undefined) change((now) => ({ ...now, counts: countsOf(now.space, choice) }))
  })
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    // the address keeps its question
    event.preventDefault()
    element('results').focus()
  })
  let isLinked = linked !== undefined
  addEventListener('hashchange', () => {
    const { hash } = location
    // after a damaged link the page still has its own question
    if (hash === '' && !isLinked) return
    const read = async () => {
      const next = await (hash === '' ? first() : stateOfFragment(hash, readShipped))
      isLinked = hash !== ''
      return next
    }
    void takeRead(
      read().catch(() => {
        throw new Error('The link is damaged: the page keeps its question.')
      }),
    )
  })
  bindTakeAlong(
    () => state,
    async () => answered ?? engine.call('rank', state),
  )

  document.body.classList.add('planning')
  element('planner').hidden = false
  showQuestion(state, shippedNames)
  showAsked()
  document.body.dataset.state = 'ready'
  showError(notice)
  if (given && !linked) return
  // the worker that draws starts while the ranking is computed
  drawing()
  void compute()
}

async function shippedState(
  name: string,
  read: (name: string) => Promise<EngineCalls['shipped']['result']>,
  topN = DEFAULT_ROWS,
): Promise<State> {
  const { workload, space } = await read(name)
  return { workload, space, topN, shipped: name, givenSpace: space }
}

/** The command, the link and the downloads. */
function bindTakeAlong(state: () => State, answer: () => Promise<Answer>): void {
  element('copy-command').addEventListener('click', () => copy(commandOf(state()), 'The command is copied.'))
  element('copy-link').addEventListener('click', async () => {
    const fragment = await fragmentOf(state())
    if (fragment === undefined) {
      showStatus('These tables are too large for a link: download workload and space instead.')
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
        showStatus(`ranking.${kind} has the first ${rows} of ${listed} rows: the command lists all of them.`)
    } else if (kind === 'space') {
      const { name, text } = spaceFile(state().space)
      download(name, text)
    } else for (const { name, text } of workloadFiles(state().workload)) download(name, text)
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-download]')) {
    button.addEventListener('click', () => {
      save(button.dataset.download!).catch((error: Error) => showError(error.message))
    })
  }
}

/** What `kairos-wasm allocate --format csv` or json prints. */
async function rankingText(format: 'csv' | 'json', { head, rows }: Answer): Promise<string> {
  async function* batches() {
    if (rows.length > 0) yield rows
  }
  let text = ''
  for await (const chunk of (format === 'csv' ? rankingCsv : rankingJson)(head, batches())) text += chunk
  return text
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    showStatus(done)
  } catch {
    showStatus(`Copying is not allowed here. Copy it yourself: ${text}`)
  }
}

main().catch((error: Error) => {
  document.body.dataset.state = 'failed'
  showError(`The page could not start: ${error.message}`)
})
