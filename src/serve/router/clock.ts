/** The time of the router; tests bring their own. */
export interface Clock {
  /** ms, never decreasing. */
  now(): number
  after(ms: number, work: () => void): { cancel(): void }
}

export const realClock: Clock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
