/** Light load, as ../light.ts has it for `priced`; but queries go to types, not to instances. */
import type { FlowRule } from '../../rules.ts'
import { isLightlyLoaded } from '../light.ts'
import type { Query, Scene } from '../scene.ts'
import type { FlowInstances } from './instances.ts'

/** Whether the load is light, and all pending queries are new. Weights are summed type by type, as in the kernel. */
export function isLight(scene: Scene, { weight, lightLoad, lightGapMs }: FlowRule): boolean {
  const { fleet, flow, steadyGapMs } = scene
  if (flow.stalled.size > 0 || flow.late.size > 0 || flow.assigned.size > 0) return false
  if (steadyGapMs < lightGapMs) return false
  let busy = 0
  let all = 0
  weight.forEach((share, t) => {
    const ofType = fleet.filter(({ type }) => type === t)
    busy += share * ofType.filter((instance) => instance.busy).length
    all += share * ofType.length
  })
  return isLightlyLoaded(scene, busy, all, lightLoad)
}

/**
 * Starts queries, oldest first, on the type where they finish first. One that waits for a busy instance stays ahead of
 * those that follow.
 *
 * @returns whether each of them is in time somewhere; queries from the first one on that is not are not started
 */
export function startOnSoonestType(scene: Scene, instances: FlowInstances): boolean {
  const { queue, bins, meanMs, slowdowns } = scene
  const { types } = instances
  const serviceMs = ({ bin }: Query, t: number) => meanMs[t * bins + bin] * slowdowns.ofMeans[t]
  const waiting = types.map(() => 0)
  for (const query of queue) {
    if (types.every((t) => instances.idle(t).length === 0)) return true
    const safe = types.filter((t) => instances.isInTime(query, t, 0, waiting[t]))
    if (safe.length === 0) return false
    const finish = (t: number) => instances.leftMs(t, waiting[t]) + serviceMs(query, t)
    const type = safe.reduce((best, t) => (finish(t) < finish(best) ? t : best))
    if (waiting[type] < instances.idle(type).length) instances.start(query, type)
    else waiting[type]++
  }
  return true
}
