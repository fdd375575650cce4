/** The loop of the page that ranks the newest question. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Question } from '../../src/report/page/question.ts'
import type { Answer, EngineCalls } from '../../src/web/protocol.ts'
import { createRanker } from '../../src/web/ranker.ts'
import { CallError, type Caller } from '../../src/web/workers.ts'

beforeEach(() => {
  vi.stubGlobal('document', { body: { dataset: {} } })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const ANSWER = { elapsedMs: 1 } as Answer

/** A ranker whose calls end when they are told, with the engines that it started. */
function controlled() {
  const calls: { resolve(answer: Answer): void; reject(error: Error): void }[] = []
  const ended: number[] = []
  let engines = 0
  const startEngine = async () => {
    const engine = engines++
    return {
      call: () => new Promise<Answer>((resolve, reject) => calls.push({ resolve, reject })),
      end() {
        ended.push(engine)
        calls.at(-1)!.reject(new CallError({ message: 'cancelled', code: 'ABORTED' }))
      },
    } as unknown as Caller<EngineCalls>
  }
  /** By answer that was shown: whether it was to the newest question. */
  const shown: boolean[] = []
  const showFailure = vi.fn()
  const compute = createRanker({
    ...{ startEngine, question: () => ({}) as Question, showProgress() {}, showFailure },
    show: (_answer, isNewest) => shown.push(isNewest()),
  })
  return { compute, calls, ended, shown, showFailure, engines: () => engines }
}

test('an answer to an older question is shown as such, and the newest question is ranked after it', async () => {
  const { compute, calls, ended, shown, showFailure, engines } = controlled()
  const computing = compute()
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  await compute()
  calls[0].resolve(ANSWER)
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  await compute()
  // a failure to an older question is none
  calls[1].reject(new Error('nothing is feasible'))
  await vi.waitFor(() => expect(calls).toHaveLength(3))
  calls[2].resolve(ANSWER)
  await computing
  expect(shown).toEqual([false, true])
  expect(showFailure).not.toHaveBeenCalled()
  expect([engines(), ended]).toEqual([1, []])
})

test('an engine that takes long is ended when the question changes, and another one ranks it', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  const { compute, calls, ended, shown, showFailure, engines } = controlled()
  const computing = compute()
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  clock.mockReturnValue(250)
  await compute()
  expect(ended).toEqual([])
  clock.mockReturnValue(251)
  await compute()
  expect(ended).toEqual([0])
  // the next engine has not begun its call
  await compute()
  expect(ended).toEqual([0])
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  calls[1].resolve(ANSWER)
  await computing
  expect(shown).toEqual([true])
  expect(showFailure).not.toHaveBeenCalled()
  expect(engines()).toBe(2)
})

test('ranks the next question after a failure that could not be shown', async () => {
  let isFailing = true
  const call = async () => {
    if (isFailing) throw new Error('no answer')
    return { elapsedMs: 1 } as Answer
  }
  const show = vi.fn()
  const compute = createRanker({
    startEngine: async () => ({ call, end() {} }) as unknown as Caller<EngineCalls>,
    question: () => ({}) as Question,
    show,
    showProgress() {},
    showFailure() {
      throw new Error('the failure cannot be shown')
    },
  })
  await expect(compute()).rejects.toThrow('cannot be shown')
  isFailing = false
  await compute()
  expect(show).toHaveBeenCalledOnce()
})

test('shows what a long ranking is at, also where that began early', async () => {
  vi.stubGlobal('document', { body: { dataset: {} } })
  const shown: string[] = []
  const call: Caller<EngineCalls>['call'] = async (_name, _input, onProgress) => {
    onProgress?.({ done: 1, total: 1, text: 'Ranked. Computing what other budgets reach' })
    await new Promise((resolve) => setTimeout(resolve, 400))
    return { elapsedMs: 1 } as never
  }
  const compute = createRanker({
    startEngine: async () => ({ call, end() {} }) as unknown as Caller<EngineCalls>,
    question: () => ({}) as Question,
    show() {},
    showProgress: (text) => shown.push(text),
    showFailure(error) {
      throw error
    },
  })
  await compute()
  expect(shown).toEqual(['Ranked. Computing what other budgets reach'])
})
