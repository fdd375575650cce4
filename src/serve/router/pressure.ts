import type { Clock } from './job.ts'

/** For so long something that went wrong counts, ms: less than a server that is at fault is left alone. */
const PRESSED_MS = 1_000

/**
 * Whether the servers that are asked are not enough: requests are late, refused or failed. Then servers that are left
 * alone, because they were slow or failed, are asked again soon: they may have recovered.
 */
export interface Pressure {
  readonly isOn: boolean
  /** A request was late, refused or failed. */
  note(): void
}

export function createPressure(clock: Clock): Pressure {
  let lastMs = -Infinity
  return {
    get isOn() {
      return clock.now() - lastMs < PRESSED_MS
    },
    note() {
      lastMs = clock.now()
    },
  }
}
