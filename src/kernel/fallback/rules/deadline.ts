import type { DeadlineRule } from '../../rules.ts'
import type { Instance, Pair, Query, Scene } from '../scene.ts'

export function deadline({ qosMs }: DeadlineRule, scene: Scene): Pair[] {
  const { queue, fleet, nowMs } = scene
  const inTime = ({ arrivalMs }: Query) => qosMs - (nowMs - arrivalMs) > 0
  const late = queue.filter((query) => !inTime(query))
  const waiting = queue.filter(inTime).slice(0, 2 * fleet.length)
  const pairs: Pair[] = []
  for (const instance of fleet) {
    if (instance.busy) continue
    const query =
      mostUrgent(scene, instance, waiting, qosMs) ??
      late.shift() ??
      waiting.find((each) => isHopeless(scene, each, qosMs))
    if (!query) continue
    if (waiting.includes(query)) waiting.splice(waiting.indexOf(query), 1)
    pairs.push({ query, instance })
  }
  return pairs
}

/** The query with the earliest latest start that has not passed, of equal ones the first. */
export function mostUrgent(
  scene: Scene,
  instance: Instance,
  queries: readonly Query[],
  qosMs: number,
): Query | undefined {
  let first: Query | undefined
  let earliest = Infinity
  for (const query of queries) {
    const latest = latestStart(scene, query, query.bin, instance, qosMs)
    if (latest < scene.nowMs || latest >= earliest) continue
    earliest = latest
    first = query
  }
  return first
}

/** Whether no instance can serve a query in time. */
export function isHopeless(scene: Scene, query: Query, qosMs: number): boolean {
  return scene.fleet.every((instance) => latestStart(scene, query, query.bin, instance, qosMs) < scene.nowMs)
}

/** The latest start of a query, or of a batch of a bin whose oldest query it is. */
export function latestStart(
  { bins, meanMs }: Scene,
  { arrivalMs }: Query,
  bin: number,
  { type, slowdown }: Instance,
  qosMs: number,
): number {
  return arrivalMs + qosMs - meanMs[type * bins + bin] * slowdown
}
