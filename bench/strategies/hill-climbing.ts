import type { Counts } from '../../src/model/fleet/space.ts'
import { randomStream } from '../../src/model/random.ts'
import { randomOrder, shuffled } from './random.ts'
import type { Strategy } from './strategy.ts'

/** The random start of a climb comes from stream 0, the order of the neighbours from this one. */
const NEIGHBOURS = 1

/**
 * First-improvement hill climbing with random restarts: neighbours are tried in random order, and the first better one
 * becomes the current one. A neighbour that was evaluated before costs nothing. If no neighbour is better, the next
 * climb starts at a random candidate that has not been evaluated.
 */
export const hillClimbing: Strategy = {
  name: 'hill climbing',
  *order(candidates, seed) {
    const draw = randomStream(seed, NEIGHBOURS)
    const positions = new Map(candidates.map((counts, position) => [counts.join(), position]))
    const values = new Map<number, number>()
    for (const start of randomOrder(candidates, seed)) {
      if (values.has(start)) continue
      values.set(start, yield start)
      let here: number | undefined = start
      while (here !== undefined) {
        const height: number = values.get(here)!
        const around: number[] = shuffled(neighbours(candidates[here], positions), draw)
        here = undefined
        for (const neighbour of around) {
          if (!values.has(neighbour)) values.set(neighbour, yield neighbour)
          if (values.get(neighbour)! > height) {
            here = neighbour
            break
          }
        }
      }
    }
  },
}

/** The candidates with one instance added, removed, or exchanged for one of another type. */
function neighbours(counts: Counts, positions: ReadonlyMap<string, number>): number[] {
  const found: number[] = []
  const change = [...counts]
  const look = () => {
    const position = positions.get(change.join())
    if (position !== undefined) found.push(position)
  }
  for (let t = 0; t < change.length; t++) {
    change[t]++
    look()
    change[t] -= 2
    look()
    for (let other = 0; other < change.length; other++) {
      if (other === t) continue
      change[other]++
      look()
      change[other]--
    }
    change[t]++
  }
  return found
}
