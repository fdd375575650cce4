import type { Clock } from './job.ts'

/** All requests of so long were refused: the router says that it is not ready, ms. Silence of so long ends it. */
const REFUSING_AFTER_MS = 5_000

/** Tells whether all requests are refused although they come. */
export interface Refusing {
  accepted(): void
  refused(): void
  /** For how long all requests have been refused, ms; 0 unless that is long, or where no more come. */
  forMs(): number
}

export function createRefusing(clock: Clock): Refusing {
  let sinceMs: number | undefined
  let lastMs = 0
  const isOver = () => clock.now() - lastMs > REFUSING_AFTER_MS
  return {
    accepted() {
      sinceMs = undefined
    },
    refused() {
      if (isOver()) sinceMs = undefined
      lastMs = clock.now()
      sinceMs ??= lastMs
    },
    forMs() {
      if (sinceMs === undefined || isOver()) return 0
      const forMs = clock.now() - sinceMs
      return forMs >= REFUSING_AFTER_MS ? forMs : 0
    },
  }
}
