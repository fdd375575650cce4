import { LONGEST_MS } from '../model/checks.ts'
import { stalledMs } from './stalls.ts'

/** The time of the router; tests bring their own. */
export interface Clock {
  /** ms, never decreasing. */
  now(): number
  after(ms: number, work: () => void): { cancel(): void }
  /** For how long the event loop has stood still so far, ms. */
  stalledMs(): number
}

export const realClock: Clock = {
  now: () => performance.now(),
  stalledMs,
  after(ms, work) {
    let timer: NodeJS.Timeout
    // a timer of Node that is set for longer than LONGEST_MS fires at once
    const wait = (leftMs: number) => {
      const next = leftMs > LONGEST_MS ? () => wait(leftMs - LONGEST_MS) : work
      timer = setTimeout(next, Math.min(leftMs, LONGEST_MS))
    }
    wait(ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
