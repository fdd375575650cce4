/** What runs in a worker: it answers the calls that workers.ts sends. */
import { KairosError } from '../model/errors.ts'
import type { OnProgress } from '../model/progress.ts'
import type { CallProgress, Reply, Request } from './protocol.ts'

/** The input and the result of each call. */
type Described<Calls> = Record<keyof Calls, { input: unknown; result: unknown }>

/** A function for each call. */
type Answers<Calls extends Described<Calls>> = {
  [Name in keyof Calls]: (
    input: Calls[Name]['input'],
    onProgress: OnProgress<CallProgress>,
  ) => Calls[Name]['result'] | Promise<Calls[Name]['result']>
}

const scope = globalThis as unknown as {
  onmessage: (event: { data: Request }) => void
  postMessage(reply: Reply): void
}

/** Answers every call with the result of its function, or with its failure. */
export function answerCalls<Calls extends Described<Calls>>(answers: Answers<Calls>): void {
  scope.onmessage = async ({ data: { id, name, input } }) => {
    const onProgress: OnProgress<CallProgress> = (progress) =>
      scope.postMessage({ id, kind: 'progress', ...progress })
    try {
      const result = await answers[name as keyof Calls](input, onProgress)
      scope.postMessage({ id, kind: 'done', result })
    } catch (error) {
      const { message } = error as Error
      const code = error instanceof KairosError ? { code: error.code } : {}
      scope.postMessage({ id, kind: 'failed', failure: { message, ...code } })
    }
  }
}
