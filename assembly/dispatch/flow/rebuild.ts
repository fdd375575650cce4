// What the flow computes before queries are assigned: guards, which instances are idle, and in which order the bins of
// a type are to move to another one.

import { Dispatcher } from '../../layout/dispatcher'
import { ASSIGNED, Flow, flowOf, placeFlow } from '../../layout/flow'
import { FlowTable } from '../../layout/rules'
import { Vector } from '../../layout/vector'
import { isIdle } from '../fleet'
import { addBusy, addIdle, collectQueries, firstAllowance, invalidateFlow } from './sets'

/** Guards are computed anew when a slowdown has changed by more than this share. */
const DRIFT: f64 = 0.02

/** Places the flow of a dispatcher at `work`, for up to a number of instances. */
export function placeFlowIn(dispatcher: Dispatcher, work: usize, instances: i32): void {
  const before = flowOf(dispatcher)
  if (dispatcher.work != 0) invalidateFlow(dispatcher)
  const flow = placeFlow(work, dispatcher.types, dispatcher.bins, instances)
  flow.isStale = 1
  flow.isUnranked = 1
  for (let t = 0; t < dispatcher.types; t++) {
    flow.assigned[t] = -1
    flow.busy[t] = -1
  }
  const isFirst = dispatcher.work == 0
  for (let set = 0; set < ASSIGNED; set++) flow.roots[set] = isFirst ? -1 : before.roots[set]
  flow.allowance = isFirst ? firstAllowance(dispatcher) : before.allowance
  dispatcher.work = work
  if (isFirst) collectQueries(dispatcher)
}

/** Has the next decision rank the bins anew: the host has written another table. */
export function rankAgain(dispatcher: Dispatcher): void {
  invalidateFlow(dispatcher)
  flowOf(dispatcher).isUnranked = 1
}

/** Computes guards, instances and ranks anew if they are stale, or if a slowdown has changed. */
export function rebuildFlow(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  if (!flow.isStale && hasDrifted(dispatcher, flow)) invalidateFlow(dispatcher)
  if (!flow.isStale) return
  flow.isStale = 0
  stretchGuards(dispatcher, flow)
  countInstances(dispatcher, flow)
  if (flow.isUnranked) rankBins(dispatcher, flow)
  flow.isUnranked = 0
  const cells = dispatcher.types * dispatcher.bins
  for (let cell = 0; cell < cells; cell++) flow.roots[ASSIGNED + cell] = -1
  flow.masks.clear(dispatcher.types * dispatcher.types * flow.maskWords)
}

function hasDrifted(dispatcher: Dispatcher, flow: Flow): bool {
  for (let t = 0; t < dispatcher.types; t++) {
    const slowdown = dispatcher.quantileSlowdown[t]
    const stretch = flow.stretch[t]
    if (slowdown > (1 + DRIFT) * stretch || slowdown < (1 - DRIFT) * stretch) return true
  }
  return false
}

function stretchGuards(dispatcher: Dispatcher, flow: Flow): void {
  const table = changetype<FlowTable>(dispatcher.table)
  const bins = dispatcher.bins
  const cells = dispatcher.types * bins
  for (let t = 0; t < dispatcher.types; t++) {
    const stretch = dispatcher.quantileSlowdown[t]
    flow.stretch[t] = stretch
    for (let cell = t * bins; cell < (t + 1) * bins; cell++) {
      flow.guards[cell] = table.guardMs[cell] * stretch
      flow.guards[cells + cell] = table.looseGuardMs[cell] * stretch
    }
  }
}

function countInstances(dispatcher: Dispatcher, flow: Flow): void {
  for (let t = 0; t < dispatcher.types; t++) {
    flow.busy[t] = -1
    flow.idle[t] = 0
    flow.firstWord[t] = flow.idleWords
  }
  flow.idleBits.clear(dispatcher.types * flow.idleWords)
  for (let p = 0; p < dispatcher.instances; p++) {
    const type = dispatcher.type[p]
    if (isIdle(dispatcher, p)) addIdle(flow, type, p)
    else addBusy(flow, type, p, dispatcher.expected[p])
  }
}

/** Ranks the bins of each pair of types by what a move costs more on the second one, then by bin. */
function rankBins(dispatcher: Dispatcher, flow: Flow): void {
  const costs = changetype<FlowTable>(dispatcher.table).reducedCost
  const types = dispatcher.types
  const bins = dispatcher.bins
  for (let from = 0; from < types; from++) {
    for (let to = 0; to < types; to++) {
      const pair = from * types + to
      const order = flow.order.from(pair * bins)
      const rank = flow.rank.from(pair * bins)
      for (let k = 0; k < bins; k++) order[k] = k
      sortBins(order, costs.from(from * bins), costs.from(to * bins), bins)
      for (let r = 0; r < bins; r++) rank[order[r]] = r
    }
  }
}

/** Shell's sort of bins by `to` - `from`, then by bin. */
function sortBins(order: Vector<i32>, from: Vector<f64>, to: Vector<f64>, bins: i32): void {
  let gap = 1
  while (gap < bins) gap = 3 * gap + 1
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < bins; i++) {
      const bin = order[i]
      const cost = to[bin] - from[bin]
      let at = i
      for (; at >= gap; at -= gap) {
        const other = order[at - gap]
        const otherCost = to[other] - from[other]
        if (otherCost < cost || (otherCost == cost && other < bin)) break
        order[at] = other
      }
      order[at] = bin
    }
  }
}
