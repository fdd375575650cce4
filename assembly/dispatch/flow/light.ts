// Light load, as dispatch/light.ts has it for `priced`. Instances of a type differ only by when they are free: with
// `waiting` queries that went to a type and wait, the next one gets its instance number `waiting`, idle ones first. Of
// types on which a query finishes at the same time the first counts.

import { Dispatcher } from '../../layout/dispatcher'
import { flowOf, STALLED } from '../../layout/flow'
import { LATE, slotAt } from '../../layout/queue'
import { FlowTable } from '../../layout/rules'
import { steadyGap } from '../gaps'
import { isLightlyLoaded } from '../light'
import { slotAfter } from '../queue'
import { start } from '../start'
import { countOf } from '../tree'
import { leftOfKth } from './moves'
import { firstIdleOf, latestOn } from './sets'

/** Whether the load is light, and all pending queries are new. */
export function isLight(dispatcher: Dispatcher): bool {
  const flow = flowOf(dispatcher)
  if (flow.roots[STALLED] >= 0 || flow.roots[LATE] >= 0) return false
  const table = changetype<FlowTable>(dispatcher.table)
  if (steadyGap(dispatcher) < table.lightGapMs) return false
  let busy: f64 = 0
  let all: f64 = 0
  for (let t = 0; t < dispatcher.types; t++) {
    if (flow.assigned[t] >= 0) return false
    const serving = countOf(flow.busyNodes, flow.busy[t])
    busy += table.weight[t] * (serving as f64)
    all += table.weight[t] * ((serving + flow.idle[t]) as f64)
  }
  return isLightlyLoaded(dispatcher, busy, all, table.lightLoad)
}

/** Starts queries where they finish first. Returns false at the first one that is in time nowhere: the rule goes on. */
export function startOnSoonestType(dispatcher: Dispatcher): bool {
  const flow = flowOf(dispatcher)
  const waiting = flow.waiting
  waiting.clear(dispatcher.types)
  let slot = dispatcher.head
  while (slot >= 0 && dispatcher.idle > 0) {
    const next = slotAfter(dispatcher, slot)
    const type = soonest(dispatcher, slot)
    if (type < 0) return false
    if (waiting[type] < flow.idle[type]) start(dispatcher, slot, firstIdleOf(flow, type))
    else waiting[type]++
    slot = next
  }
  return true
}

/** The type on which a query finishes first, -1 if it is in time on none. */
function soonest(dispatcher: Dispatcher, slot: i32): i32 {
  const flow = flowOf(dispatcher)
  const bin = slotAt(dispatcher, slot).bin
  let type = -1
  let earliest = Infinity
  for (let t = 0; t < dispatcher.types; t++) {
    const left = leftOfKth(dispatcher, t, flow.waiting[t])
    if (!(latestOn(dispatcher, slot, t, 0) - dispatcher.now >= left)) continue
    const finish = left + dispatcher.mean[t * dispatcher.bins + bin] * dispatcher.typeSlowdown[t]
    if (finish < earliest) {
      earliest = finish
      type = t
    }
  }
  return type
}
