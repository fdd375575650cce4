// Sleeps from arrival to arrival, on a thread whose only work this is: timers of the thread that serves are
// a millisecond coarse and late when it is busy.
import { parentPort, workerData } from 'node:worker_threads'
import { clockMs } from './clock.ts'
import { DUE, type PacerSetting, STOPPED, TOLD } from './pacer.ts'

const { startMs, arrivals, control }: PacerSetting = workerData
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
  // one message is enough until it has been read
  if (Atomics.exchange(cells, TOLD, 1) === 0) parentPort?.postMessage(0)
}
