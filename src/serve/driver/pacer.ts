import { Worker } from 'node:worker_threads'
import { packageFile } from '../../model/package-files.ts'

// cells of the shared control block
export const STOPPED = 0
/** Arrivals that are due. */
export const DUE = 1
/** 1 while a message about them is on its way. */
export const NOTIFIED = 2

export interface PacerSettings {
  /** The time of arrival 0 ms on the clock of the machine. */
  readonly startMs: number
  readonly arrivals: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

/** The compiled file, also when this one runs from src: a thread cannot load TypeScript. */
const THREAD = 'dist/serve/driver/pacer-thread.js'

/**
 * Reports arrivals when they are due, open loop: their times do not depend on what the caller does.
 *
 * @param arrivalMs never decreasing, ms from `startMs`
 * @param onDue called with the number of arrivals that are due, whenever it has grown
 * @param onError called if the thread fails: no further arrival is reported
 */
export async function startPacer(
  arrivalMs: Float64Array,
  startMs: number,
  onDue: (due: number) => void,
  onError: (error: Error) => void,
) {
  const arrivals = new SharedArrayBuffer(arrivalMs.byteLength)
  new Float64Array(arrivals).set(arrivalMs)
  const control = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)
  const cells = new Int32Array(control)
  const settings: PacerSettings = { startMs, arrivals, control }
  // without the loaders and inspectors of this process, which would delay its start
  const thread = new Worker(packageFile(THREAD), { workerData: settings, execArgv: [] })
  thread.on('message', () => {
    Atomics.store(cells, NOTIFIED, 0)
    if (Atomics.load(cells, STOPPED) === 0) onDue(Atomics.load(cells, DUE))
  })
  await new Promise<void>((resolve, reject) => {
    thread.once('online', resolve)
    thread.once('error', reject)
  })
  thread.on('error', onError)
  return {
    async stop(): Promise<void> {
      Atomics.store(cells, STOPPED, 1)
      Atomics.notify(cells, STOPPED)
      await thread.terminate()
    },
  }
}
