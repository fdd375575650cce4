/** The loop of the page that ranks the newest question. */
import { afterEach, expect, test, vi } from 'vitest'
import type { Answer, EngineCalls, Question } from '../../src/web/protocol.ts'
import { createRanker } from '../../src/web/ranker.ts'
import type { Caller } from '../../src/web/workers.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('ranks the next question after a failure that could not be shown', async () => {
  vi.stubGlobal('document', { body: { dataset: {} } })
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
