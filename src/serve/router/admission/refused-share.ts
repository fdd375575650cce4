import type { Clock } from '../../clock.ts'

export type RefusedShare = ReturnType<typeof createRefusedShare>

/** A request counts half after this time, ms. */
const HALF_MS = 1_000

/** As many accepted requests are added: a few refusals are not many. */
const ADDED = 5

/** Which share of the requests has been refused for lateness in the last seconds. */
export function createRefusedShare(clock: Clock) {
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
    /** From 0 to 1. */
    get share() {
      age()
      return refused / (all + ADDED)
    },
    /** A request was refused, or accepted. */
    count(isRefused: boolean): void {
      age()
      all++
      if (isRefused) refused++
    },
  }
}
