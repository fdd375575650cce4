/**
 * Ranks the newest question. It has an engine of its own, which is ended where a call takes long and the question
 * changes: files are read and results are listed by another engine, whose calls are never lost.
 */
import type { Question } from '../report/page/question.ts'
import type { Answer, EngineCalls } from './protocol.ts'
import { CallError, type Caller } from './workers.ts'

/** A ranking that takes longer is ended when the question changes, ms. */
const PATIENCE = 250

export interface RankerOptions {
  startEngine(): Promise<Caller<EngineCalls>>
  question(): Question
  /** Shows an answer. @param isNewest tells whether the question has not changed since */
  show(answer: Answer, isNewest: () => boolean): void
  /** Shows how far a ranking is that takes long. */
  showProgress(text: string): void
  showFailure(error: Error): void
}

/** @returns a function that ranks the question anew */
export function createRanker(options: RankerOptions): () => Promise<void> {
  const { startEngine, question, show, showProgress, showFailure } = options
  /** Counts the questions: an answer to an older one is shown while the next one is computed. */
  let asked = 0
  let isComputing = false
  let engine: Caller<EngineCalls> | undefined
  let callStarted: number | undefined

  async function rankOnce(turn: number): Promise<void> {
    let reached: string | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      engine ??= await startEngine()
      const started = performance.now()
      callStarted = started
      // what was reached before may last
      timer = setTimeout(() => reached !== undefined && showProgress(reached), PATIENCE)
      const answer = await engine.call('rank', question(), ({ text }) => {
        reached = text
        if (performance.now() - started > PATIENCE) showProgress(text)
      })
      show(answer, () => turn === asked)
    } catch (error) {
      if (error instanceof CallError && error.code === 'ABORTED') engine = undefined
      else if (turn === asked) showFailure(error as Error)
    } finally {
      clearTimeout(timer)
      callStarted = undefined
    }
  }

  return async () => {
    asked++
    if (isComputing) {
      // the engine cannot be interrupted inside a call: a new one takes its place
      if (callStarted !== undefined && performance.now() - callStarted > PATIENCE) engine?.end()
      return
    }
    isComputing = true
    document.body.dataset.state = 'computing'
    try {
      let turn: number
      do {
        turn = asked
        await rankOnce(turn)
      } while (turn !== asked)
    } finally {
      isComputing = false
    }
  }
}
