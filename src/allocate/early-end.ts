import { checkTimeLimit, LONGEST_MS } from '../model/checks.ts'

/** When long work ends early, with what it has found: by a time limit, or by a signal. */
export interface EarlyEnd {
  isDue(): boolean
  /** Waits for `work`, but not beyond the early end. */
  race(work: Promise<unknown>): Promise<void>
}

export interface EarlyEndOptions {
  /** Milliseconds after which the best rows so far are returned, with the gap that remains; no limit by default. */
  readonly timeLimitMs?: number | undefined
  /** Ends the work as `timeLimitMs` does. `signal` rejects instead. */
  readonly stop?: AbortSignal | undefined
}

/** Work that is never ended early. */
export const NO_EARLY_END: EarlyEnd = {
  isDue: () => false,
  race: async (work) => {
    await work
  },
}

/** @throws KairosError BAD_USAGE for a time limit that is not above 0 */
export function earlyEnd({ timeLimitMs = Infinity, stop }: EarlyEndOptions): EarlyEnd {
  checkTimeLimit(timeLimitMs)
  if (timeLimitMs === Infinity && stop === undefined) return NO_EARLY_END
  const deadline = performance.now() + timeLimitMs
  // a timer can fire up to a millisecond before the deadline: once `race` has stopped waiting, the end is due
  let hasEnded = false
  return {
    isDue: () => hasEnded || stop?.aborted === true || performance.now() >= deadline,
    race: async (work) => {
      let release = () => undefined as unknown
      const ended = new Promise<void>((resolve) => {
        const end = () => {
          hasEnded = true
          resolve()
        }
        const leftMs = Math.max(0, deadline - performance.now())
        // a timer waits 24 days at most
        const timer = leftMs <= LONGEST_MS ? setTimeout(end, leftMs) : undefined
        stop?.addEventListener('abort', end)
        if (stop?.aborted) end()
        release = () => {
          clearTimeout(timer)
          stop?.removeEventListener('abort', end)
        }
      })
      try {
        await Promise.race([work, ended])
      } finally {
        release()
      }
    },
  }
}
