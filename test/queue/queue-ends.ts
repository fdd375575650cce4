/** The two ends of a queue. Both are closed when the test has finished; their notes are kept. */
import { onTestFinished } from 'vitest'
import { openQueue, type QueueWorkerOptions, startQueueWorker } from '../../src/index.ts'

/** The end that submits jobs. */
export async function opened(url: string) {
  const notes: string[] = []
  const jobs = await openQueue(url, { onNote: (note) => notes.push(note) })
  onTestFinished(() => jobs.close())
  return { jobs, notes }
}

/** A worker that does two jobs at a time. */
export async function working(url: string, options: QueueWorkerOptions = {}) {
  const notes: string[] = []
  const onNote = (note: string) => notes.push(note)
  const worker = await startQueueWorker(url, { concurrency: 2, ...options, onNote })
  onTestFinished(() => worker.close())
  return Object.assign(worker, { notes })
}
