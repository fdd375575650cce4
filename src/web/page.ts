/**
 * The page: a report where it carries results, a planner where it is opened empty. A change of the question is sent to
 * the engine's worker; only the newest one is computed.
 */

import type { TraceDescription } from '../core.ts'
import type { PageInput } from '../report/page/question.ts'
import { rankingPage } from '../report/page/ranking-page.ts'
import { tracePage } from '../report/page/trace-page.ts'
import { spaceFile, workloadFiles } from '../report/workload-files.ts'
import { bindControls, showQuestion, showState } from './controls.ts'
import { download, element, showError, showStatus } from './elements.ts'
import { bindFiles } from './files.ts'
import { bindMeasure } from './measuring.ts'
import { bindPictures } from './pictures.ts'
import type { Answer, EngineCalls, FigureCalls } from './protocol.ts'
import { createDisplay } from './show.ts'
import {
  commandOf,
  countsOf,
  fragmentOf,
  hasSameTables,
  type State,
  stateOf,
  stateOfFragment,
} from './state.ts'
import { bytesIn, CallError, type Caller, startWorker } from './workers.ts'

/** A ranking that takes longer is ended when the question changes, ms. */
const PATIENCE = 250

async function shippedFiles(): Promise<Record<string, string>> {
  return JSON.parse(new TextDecoder().decode(await bytesIn('data')))
}

/** The names of the shipped workloads among the shipped files. */
function workloadNames(files: Record<string, string>): string[] {
  return Object.keys(files).flatMap((name) => /^data\/workloads\/(.+)\.json$/.exec(name)?.[1] ?? [])
}

/** Starts engines: each of them knows the kernel and the shipped files. */
async function engineStarter(files: Record<string, string>): Promise<() => Promise<Caller<EngineCalls>>> {
  const [code, kernel] = await Promise.all([bytesIn('engine'), bytesIn('kernel')])
  return async () => {
    const engine = startWorker<EngineCalls>(code)
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
  let engine = await startEngine()
  let figures: Caller<FigureCalls> | undefined
  const figureCode = await bytesIn('figures')
  const drawing = () => {
    figures ??= startWorker<FigureCalls>(figureCode)
    return figures
  }
  const live = createDisplay('live', drawing)
  const traced = createDisplay('traced', drawing)
  const readShipped = (name: string) => engine.call('shipped', name)
  /** Says of a question of a report that its table and mix are those of a shipped workload, if they are. */
  const recognised = async (asked: State): Promise<State> => {
    const { model } = asked.workload
    if (!shippedNames.includes(model)) return asked
    const { workload, space } = await readShipped(model)
    return hasSameTables(asked.workload, workload) ? { ...asked, shipped: model, givenSpace: space } : asked
  }

  let notice = ''
  let remark = ''
  const linked = await stateOfFragment(location.hash, readShipped).catch(() => {
    notice = 'The link is damaged: the page shows its own question instead.'
    return undefined
  })
  let state: State =
    linked ?? (given ? await recognised(stateOf(given)) : await shippedState('rm2', readShipped))

  /** Counts the questions: an answer to an older one is shown while the next one is computed. */
  let asked = 0
  let isComputing = false
  let callStarted: number | undefined

  async function compute(): Promise<void> {
    asked++
    if (isComputing) {
      // the engine cannot be interrupted inside a call: a new one takes its place
      if (callStarted !== undefined && performance.now() - callStarted > PATIENCE) engine.end()
      return
    }
    isComputing = true
    document.body.dataset.state = 'computing'
    let turn: number
    do {
      turn = asked
      await computeOnce(turn)
    } while (turn !== asked)
    isComputing = false
  }

  async function computeOnce(turn: number): Promise<void> {
    const started = performance.now()
    callStarted = started
    try {
      const answer = await engine.call('rank', state, ({ done, total }) => {
        if (performance.now() - started > PATIENCE)
          showStatus(`${Math.round((100 * done) / total)}% of the space`)
      })
      callStarted = undefined
      show(answer).then(() => {
        if (turn === asked) document.body.dataset.state = 'ready'
      }, showFailure)
    } catch (error) {
      callStarted = undefined
      if (error instanceof CallError && error.code === 'ABORTED') engine = await startEngine()
      else showFailure(error)
    }
  }

  function showFailure(error: unknown): void {
    showError((error as Error).message)
    document.body.dataset.state = 'failed'
  }

  async function show(answer: Answer): Promise<void> {
    const page = rankingPage(answer)
    showError(notice)
    if (!given || given.live) {
      element('heading').textContent = page.title
      element('subtitle').textContent = page.subtitle
      element('report').replaceChildren()
    }
    showStatus(`Ranked in ${Math.max(1, Math.round(answer.elapsedMs))} ms. ${remark}`.trim())
    document.body.dataset.rankedMs = String(answer.elapsedMs)
    await live.show(page.sections)
  }

  function change(apply: (state: State) => State): void {
    state = apply(state)
    notice = ''
    remark = ''
    showState(state)
    element('command').textContent = commandOf(state)
    void compute()
  }

  /** Takes a new question, whose sliders reach further or less far. @param said what to tell beside the ranking */
  function take(next: State, said = ''): void {
    showQuestion(next, shippedNames)
    change(() => next)
    remark = said
  }

  const describe = (description: TraceDescription) => void traced.show(tracePage(description).sections)
  bindControls(change)
  element<HTMLSelectElement>('model').addEventListener('change', async ({ target }) => {
    const name = (target as HTMLSelectElement).value
    if (name !== '') take(await shippedState(name, readShipped, state.topN))
  })
  element('results').addEventListener('click', ({ target }) => {
    const choice = (target as HTMLElement).dataset.choose
    if (choice !== undefined) change((now) => ({ ...now, counts: countsOf(now.space, choice) }))
  })
  const trace = bindFiles({ state: () => state, read: (input) => engine.call('read', input), take, describe })
  bindMeasure({ state: () => state, trace, startEngine, figures: drawing })
  bindTakeAlong(
    () => state,
    (input) => engine.call('list', input),
  )

  document.body.classList.add('planning')
  element('planner').hidden = false
  showQuestion(state, shippedNames)
  showState(state)
  element('command').textContent = commandOf(state)
  document.body.dataset.state = 'ready'
  if (!given || linked) void compute()
}

async function shippedState(
  name: string,
  read: (name: string) => Promise<EngineCalls['shipped']['result']>,
  topN = 20,
): Promise<State> {
  const { workload, space } = await read(name)
  return { workload, space, topN, shipped: name, givenSpace: space }
}

/** The command, the link and the downloads. */
function bindTakeAlong(
  state: () => State,
  list: (input: EngineCalls['list']['input']) => Promise<string>,
): void {
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
      download(`ranking.${kind}`, await list({ ...state(), format: kind, all: false }))
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
