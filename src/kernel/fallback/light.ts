import type { FlowRule, PricedRule } from '../rules.ts'
import type { FlowTable } from './flow/table.ts'
import type { Instance, Query, Scene } from './scene.ts'

/**
 * Whether queries are at least `lightGapMs` apart in the mean, and busy instances, with the mean weight of all for each
 * pending query, have at most `lightLoad` of all weights.
 *
 * @param total the sum of the weights of some instances
 */
export function isLight(
  { lightLoad, lightGapMs }: PricedRule | FlowRule,
  { fleet, queue, meanGapMs }: Scene,
  total: (instances: readonly Instance[]) => number,
): boolean {
  if (meanGapMs < lightGapMs) return false
  const all = total(fleet)
  const waiting = (queue.length * all) / fleet.length
  return total(fleet.filter(({ busy }) => busy)) + waiting <= lightLoad * all
}

/**
 * Starts queries on the type where they finish first. One that waits for a busy instance stays ahead of those that follow.
 *
 * @param serviceMs what a query is expected to take on a type
 * @returns whether each of them is in time somewhere; queries from the first one on that is not are not started
 */
export function startSoonest(
  fresh: readonly Query[],
  table: FlowTable,
  serviceMs: (query: Query, type: number) => number,
): boolean {
  const waiting = new Array<number>(table.types).fill(0)
  for (const query of fresh) {
    if (waiting.every((_, t) => table.idle(t).length === 0)) return true
    const safe = Array.from(waiting.keys()).filter((t) => table.isInTime(query, t, 0, waiting[t]))
    if (safe.length === 0) return false
    const finish = (t: number) => table.leftMs(t, waiting[t]) + serviceMs(query, t)
    const type = safe.reduce((best, t) => (finish(t) < finish(best) ? t : best))
    if (waiting[type] < table.idle(type).length) table.start(query, type)
    else waiting[type]++
  }
  return true
}
