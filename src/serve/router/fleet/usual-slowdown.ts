import type { Clock } from '../../clock.ts'
import { LARGE_FLEET_SLOTS, type Slot } from './attempt.ts'

/** Time until the median slowdown of a large fleet is computed again, ms: sorting takes as long as many decisions. */
const USUAL_MS = 100

/** @returns the median slowdown of slots, in a large fleet that of a moment ago; without slots the last one, or 1 */
export function createUsualSlowdown(
  slots: { readonly size: number; all(): Iterable<Pick<Slot, 'slowdown'>> },
  clock: Pick<Clock, 'now'>,
): () => number {
  let usual = 1
  let untilMs = -Infinity
  return () => {
    // all slots may be set aside or overdue at the same time
    if (slots.size === 0) return usual
    if (slots.size > LARGE_FLEET_SLOTS && clock.now() < untilMs) return usual
    const sorted = new Float64Array(slots.size)
    let i = 0
    for (const { slowdown } of slots.all()) sorted[i++] = slowdown
    sorted.sort()
    usual = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
    untilMs = clock.now() + USUAL_MS
    return usual
  }
}
