/** Searches that tests can afford. */
import type { TrialLog } from '../../../src/replay/trials.ts'
import { PUBLISHED_SPACE } from '../../fixtures/published.ts'

export const SPACE = { ...PUBLISHED_SPACE, budgetPerHour: 1.5 }
export const SHORT = { queries: 2000, repeats: 3, threads: 1 }

/** A log in memory. */
export function logInMemory(): TrialLog & { readonly trials: Map<string, boolean>; found: number } {
  const trials = new Map<string, boolean>()
  return {
    trials,
    found: 0,
    find(key, rate) {
      const holds = trials.get(`${key} ${rate}`)
      if (holds !== undefined) this.found++
      return holds
    },
    add: (key, rate, holds) => void trials.set(`${key} ${rate}`, holds),
  }
}
