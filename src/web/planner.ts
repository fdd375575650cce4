/** The planner: its question, which fields, files and links change, and the answer that is shown. */

import type { PageInput } from '../report/page/question.ts'
import { rankingPage } from '../report/page/ranking-page.ts'
import { tracePage } from '../report/page/trace-page.ts'
import { questionText } from '../report/phrases.ts'
import { bindPartLinks, followAddress } from './address.ts'
import { bindControls, showQuestion, showState } from './controls.ts'
import { element, showError, showStatus, showText, tellError } from './elements.ts'
import { bindFiles } from './files.ts'
import { keepPlace } from './keep-place.ts'
import { stateOfFragment } from './link.ts'
import { bindMeasure } from './measuring.ts'
import { createNewest } from './newest.ts'
import type { Answer, EngineCalls, FigureCalls } from './protocol.ts'
import { createRanker } from './ranker.ts'
import { recognised, shippedState } from './shipped-state.ts'
import { showIn } from './show.ts'
import { chosenOf, commandOf, countsOf, type State, stateOf } from './state.ts'
import { bindTakeAlong } from './take-along.ts'
import type { Caller } from './workers.ts'

export interface PlannerOptions {
  /** The question of a report; null in the planner that is opened empty. */
  readonly given: PageInput | null
  readonly shippedNames: readonly string[]
  /** Reads files and lists results; rankings and measurements start engines of their own. */
  readonly engine: Caller<EngineCalls>
  startEngine(signal?: AbortSignal): Promise<Caller<EngineCalls>>
  /** The worker that draws, which starts with the first call. */
  drawing(): Caller<FigureCalls>
}

export async function openPlanner(options: PlannerOptions): Promise<void> {
  const { given, shippedNames, engine, startEngine, drawing } = options
  const showLive = showIn('live', drawing)
  const showTraced = showIn('traced', drawing)
  const readShipped = (name: string) => engine.call('shipped', name)

  let notice = ''
  let remark = ''
  /** Questions of links and of chosen models: while one is being read, the page shows another one. */
  const reads = createNewest<State>()
  /** The question without a link. */
  const first = async () =>
    given ? recognised(stateOf(given), shippedNames, readShipped) : shippedState('rm2', readShipped)
  const linked = await stateOfFragment(location.hash, readShipped).catch(() => {
    notice = 'The link is damaged: the page shows its own question instead.'
    return undefined
  })
  /** The answer that is shown, where it is to the question. */
  let answered: Answer | undefined
  let state: State = linked ?? (await first())

  /** Says what the page shows now. A report about something else keeps its heading and its text. */
  function showHeading(title: string, subtitle: string): void {
    if (given && !given.live) return
    showText('heading', title)
    showText('subtitle', subtitle)
    element('report').replaceChildren()
  }

  /** Nothing of an earlier answer stays beside the message. */
  function showFailure(error: Error): void {
    void keepPlace(() => {
      showHeading('The question has no answer', questionText(state.workload, state.space))
      return showLive([])
    })
    showStatus('')
    fail(error.message)
    document.body.dataset.state = 'failed'
    measurements.follow()
  }

  /** Shows a message until the question changes. */
  function fail(message: string, show = showError): void {
    notice = message
    show(message)
  }

  /** Shows why a file, a model or a link was not taken. */
  const refuse = (message: string) => fail(message, tellError)

  async function showAnswer(answer: Answer, isNewest: () => boolean): Promise<void> {
    if (isNewest()) {
      answered = answer
      measurements.follow()
    }
    const page = rankingPage(answer)
    showError(notice)
    showStatus(
      `Ranked in ${Math.max(1, Math.round(answer.elapsedMs))} ms. ${isNewest() ? remark : ''}`.trim(),
      page.title === element('heading').textContent ? '' : page.title,
    )
    document.body.dataset.rankedMs = String(answer.elapsedMs)
    try {
      await keepPlace(() => {
        showHeading(page.title, page.subtitle)
        return showLive(page.sections)
      })
      if (isNewest() && reads.isIdle()) document.body.dataset.state = 'ready'
    } catch (error) {
      fail((error as Error).message)
      document.body.dataset.state = 'failed'
    }
  }

  const compute = createRanker({
    startEngine,
    question: () => ({ ...state, counts: chosenOf(state) }),
    show: (answer, isNewest) => void showAnswer(answer, isNewest),
    showProgress: showStatus,
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
    // what was said of the question before
    showText('taken', '')
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
    try {
      const next = await reads.read(read)
      if (next) return takeOther(next)
    } catch (error) {
      refuse((error as Error).message)
    }
    if (answered && reads.isIdle()) document.body.dataset.state = 'ready'
  }

  const dropped = bindFiles({
    state: () => state,
    read: (input) => engine.call('read', input),
    take,
    describe: (description) => void showTraced(description ? tracePage(description).sections : []),
    fail: refuse,
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
    if (choice === undefined) return
    change((now) => ({ ...now, counts: countsOf(now.space, choice) }))
    // rows of an earlier question may be no configurations of this one
    if (chosenOf(state)) remark = `${choice} is explained below the pictures of the ranking.`
  })
  bindPartLinks()
  followAddress({
    isLinked: linked !== undefined,
    first,
    linked: (fragment) => stateOfFragment(fragment, readShipped),
    take: (read) => void takeRead(read),
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
