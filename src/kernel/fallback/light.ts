import type { PricedRule } from '../rules.ts'
import { idlePositions } from './fleet.ts'
import { type Instance, leftMs, type Query, type Scene, serviceOf } from './scene.ts'

/**
 * Whether `steadyGapMs` is at least `lightGapMs`, and busy instances, with the mean weight of all for each pending
 * query, have at most `lightLoad` of all weights.
 */
export function isLight(
  scene: Scene,
  { weight, lightLoad, lightGapMs }: Pick<PricedRule, 'weight' | 'lightLoad' | 'lightGapMs'>,
): boolean {
  const { fleet, steadyGapMs } = scene
  if (steadyGapMs < lightGapMs) return false
  const total = (instances: readonly Instance[]) => instances.reduce((sum, { type }) => sum + weight[type], 0)
  return isLightlyLoaded(scene, total(fleet.filter(({ busy }) => busy)), total(fleet), lightLoad)
}

/** Whether the weights of busy instances, and the mean weight for each pending query, are a small share of all. */
export function isLightlyLoaded(
  { fleet, queue }: Scene,
  busy: number,
  all: number,
  lightLoad: number,
): boolean {
  const waiting = (queue.length * all) / fleet.length
  return busy + waiting <= lightLoad * all
}

/**
 * Starts queries, oldest first, where they finish first, of the instances on which they are in time by the guard. One
 * that waits for a busy instance stays ahead of those that follow.
 *
 * @returns whether each of them is in time somewhere; queries from the first one on that is not are not started
 */
export function startOnSoonestInstance(
  scene: Scene,
  { guardMs, qosMs }: Pick<PricedRule, 'guardMs' | 'qosMs'>,
  start: (query: Query, instance: Instance) => void,
): boolean {
  const { queue, fleet, bins, nowMs, slowdowns } = scene
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const idle = idlePositions(fleet)
  for (const query of queue) {
    if (idle.size === 0) return true
    const slack = qosMs - (nowMs - query.arrivalMs)
    const isSafe = (j: number) => {
      const { type, slowdown } = fleet[j]
      return (
        slack - left[j] - guardMs[type * bins + query.bin] * (slowdowns.ofQuantiles[type] * slowdown) >= 0
      )
    }
    const finish = (j: number) => left[j] + serviceOf(scene, query.bin, fleet[j])
    const safe = Array.from(fleet.keys()).filter(isSafe)
    if (safe.length === 0) return false
    const soonest = safe.reduce((best, j) => (finish(j) < finish(best) ? j : best))
    left[soonest] = finish(soonest)
    if (idle.delete(soonest)) start(query, fleet[soonest])
  }
  return true
}
