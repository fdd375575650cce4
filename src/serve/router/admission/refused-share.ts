import type { Clock } from '../../clock.ts'

/** Which share of the requests has been refused for lateness in the last seconds. */
export interface RefusedShare {
  /** From 0 to 1. */
  readonly share: number
  /** A request was refused, or accepted. */
  count(isRefused: boolean): void
}

/** A request counts half after this time, ms. */
const HALF_MS = 1_000

/** As many accepted requests are added: a few refusals are not many. */
const ADDED = 5

export function createRefusedShare(clock: Clock): RefusedShare {
  let refused = 0
  let all = 0
  let atMs = clock.now()

  function age(): void {
    const nowMs = clock.now()
    const left = 2 ** ((atMs - nowMs) / HALF_MS)
    atMs = nowMs
    refused *= left
    all *= left
  }

  return {
    get share() {
      age()
      return refused / (all + ADDED)
    },
    count(isRefused) {
      age()
      all++
      if (isRefused) refused++
    },
  }
}
