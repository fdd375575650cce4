import { Worker } from 'node:worker_threads'
import { packageFile } from '../model/package-files.ts'
import {
  type Failure,
  type FromThread,
  failureOf,
  type JobThreadSetting,
  type ToThread,
} from './job-messages.ts'
import type { Get, WireJob } from './wire.ts'

/** Does jobs on a thread of its own. */
interface JobThread {
  /** What becomes of a job, packed. @throws errors that are not those of the job */
  perform(data: WireJob): Promise<string>
  /** Ends the thread with the jobs that it does. */
  end(): Promise<void>
}

/** The compiled file, also when this one runs from src: a thread cannot load TypeScript. */
const THREAD = 'dist/queue/job-thread.js'

/** @param get finds the content of jobs: the connection to the server stays on this thread */
export function startJobThread(setting: JobThreadSetting, get: Get): JobThread {
  // without the loaders and inspectors of this process, which would delay its start
  const thread = new Worker(packageFile(THREAD), { workerData: setting, execArgv: [] })
  const running = new Map<number, (outcome: string | Failure) => void>()
  let last = 0
  const tell = (message: ToThread) => thread.postMessage(message)
  thread.on('message', (message: FromThread) => {
    if (message.kind === 'wanted') {
      const { hash } = message
      get(hash)
        .catch(failureOf)
        .then((content) => tell({ kind: 'content', hash, content }))
      return
    }
    running.get(message.number)?.(message.outcome)
    running.delete(message.number)
  })
  // its errors have no listener: a thread without memory ends the worker, whose jobs are given to others
  return {
    async perform(data) {
      const outcome = await new Promise<string | Failure>((resolve) => {
        const number = ++last
        running.set(number, resolve)
        tell({ kind: 'job', number, data })
      })
      if (typeof outcome === 'string') return outcome
      throw new Error(outcome.message)
    },
    async end() {
      await thread.terminate()
    },
  }
}
