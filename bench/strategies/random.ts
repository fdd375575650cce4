import type { Counts } from '../../src/model/fleet/space.ts'
import { randomStream } from '../../src/model/random.ts'
import type { Strategy } from './strategy.ts'

/** Random search, the baseline: every order of the candidates is equally likely. */
export const random: Strategy = {
  name: 'random',
  *order(candidates, seed) {
    yield* randomOrder(candidates, seed)
  },
}

/**
 * Positions in random order, a function of the seed. A strategy that picks at random takes the next of them, so that
 * all strategies start at the same candidate with one seed.
 */
export function randomOrder(candidates: readonly Counts[], seed: number): number[] {
  return shuffled([...candidates.keys()], randomStream(seed, 0))
}

/** Fisher and Yates, in place. */
export function shuffled<T>(items: T[], draw: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    const item = items[i]
    items[i] = items[j]
    items[j] = item
  }
  return items
}
