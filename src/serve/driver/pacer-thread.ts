// Sleeps from arrival to arrival in its own thread: timers of a busy thread are late, and never finer than 1 ms.
import { parentPort, workerData } from 'node:worker_threads'
import { clockMs } from '../machine-clock.ts'
import { DUE, NOTIFIED, type PacerSettings, STOPPED } from './pacer.ts'

const { startMs, arrivals, control }: PacerSettings = workerData
const arrivalMs = new Float64Array(arrivals)
const cells = new Int32Array(control)
let due = 0

while (due < arrivalMs.length && Atomics.load(cells, STOPPED) === 0) {
  const waitMs = startMs + arrivalMs[due] - clockMs()
  if (waitMs > 0) {
    Atomics.wait(cells, STOPPED, 0, waitMs)
    continue
  }
  const now = clockMs() - startMs
  while (due < arrivalMs.length && arrivalMs[due] <= now) due++
  Atomics.store(cells, DUE, due)
  // no second message before the first one is read
  if (Atomics.exchange(cells, NOTIFIED, 1) === 0) parentPort?.postMessage(0)
}
