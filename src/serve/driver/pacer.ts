import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

// cells that both threads see
export const STOPPED = 0
export const DUE = 1
export const TOLD = 2

export interface PacerSetting {
  /** When arrival 0 ms is, on the clock of the machine. */
  readonly startMs: number
  readonly arrivals: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

export interface Pacer {
  stop(): Promise<void>
}

// the built thread, from src and from dist alike: a thread cannot load TypeScript
const THREAD = fileURLToPath(new URL('../../../dist/serve/driver/pacer-thread.js', import.meta.url))

/**
 * Tells when arrivals are due, open loop: whatever the caller does meanwhile, none of them moves.
 *
 * @param arrivalMs never decreasing, ms from `startMs`
 * @param onDue called with how many are due by now, as often as that grows
 */
export async function startPacer(
  arrivalMs: Float64Array,
  startMs: number,
  onDue: (due: number) => void,
): Promise<Pacer> {
  const arrivals = new SharedArrayBuffer(arrivalMs.byteLength)
  new Float64Array(arrivals).set(arrivalMs)
  const control = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)
  const cells = new Int32Array(control)
  const setting: PacerSetting = { startMs, arrivals, control }
  // loaders and inspectors of the parent would only slow its start
  const thread = new Worker(THREAD, { workerData: setting, execArgv: [] })
  thread.on('message', () => {
    Atomics.store(cells, TOLD, 0)
    if (Atomics.load(cells, STOPPED) === 0) onDue(Atomics.load(cells, DUE))
  })
  await new Promise<void>((resolve, reject) => {
    thread.once('online', resolve)
    thread.once('error', reject)
  })
  return {
    async stop() {
      Atomics.store(cells, STOPPED, 1)
      Atomics.notify(cells, STOPPED)
      await thread.terminate()
    },
  }
}
