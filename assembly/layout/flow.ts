// The work space of the flow between types (dispatch/flow/): T types, K bins, F instances at most, W words of 64 bins.
//
//   Flow | by type: stretch, tail, last, firm f64[T] | guards f64[2][T][K] | masks u64[T][T][W]
//        | idle bits u64[T][F / 64] | nodes of busy instances 24 bytes [F]
//        | by type: assigned, busy, idle, first word, waiting i32[T] | order, rank i32[T][T][K] | roots i32[3 + T K]
//
// Every pending query is in one set: 0 those that are new, 1 stalled, 2 late, 3 + type K + bin those that are assigned
// to a type. A set is a tree by arrival. What is assigned to a type is in a tree by latest start too. The nodes of both
// trees of a query have the number of its slot, those of busy instances their position.

import { Dispatcher } from './dispatcher'
import { paddedInstances } from './fleet'
import { treeBytes } from './tree'
import { Vector, vectorAt } from './vector'

@unmanaged
export class Flow {
  /** 1: nothing is assigned or stalled, and instances are yet to be counted. */
  isStale: i32
  /** 1: bins are yet to be ranked. */
  isUnranked: i32
  /** W, and F / 64. */
  maskWords: i32
  idleWords: i32
  /** The query that the cheapest move was found for. */
  found: i32
  /** How many more queries may be late. */
  allowance: f64
  /** By type: the slowdown of quantiles that the guards contain. */
  stretch: Vector<f64>
  /** By type: in how many ms an instance is free: the next that no query is assigned to, and the one before it. */
  tail: Vector<f64>
  last: Vector<f64>
  /** By type: a query whose latest start, ms, is before it has no place before others. Reset by updateTail. */
  firm: Vector<f64>
  /** By type: roots of the trees of assigned queries by latest start, and of busy instances by expected finish. */
  assigned: Vector<i32>
  busy: Vector<i32>
  /** By type: idle instances, and the first word that may have bits of some. */
  idle: Vector<i32>
  firstWord: Vector<i32>
  /** By type: queries that wait for it without being assigned: new ones under light load, and late ones. */
  waiting: Vector<i32>
  /** By level, type and bin: the time to keep before the deadline, ms. */
  guards: Vector<f64>
  /** By set: the root of its tree. */
  roots: Vector<i32>
  /** By pair of types and rank the bin, and by pair and bin the rank. */
  order: Vector<i32>
  rank: Vector<i32>
  /** By pair of types: a bit by rank, set where the first type has queries of that bin. */
  masks: Vector<u64>
  /** By type: a bit by position. */
  idleBits: Vector<u64>
  /** Address of the nodes of busy instances. */
  busyNodes: usize
}

/** The sets; LATE, which is 2, is in layout/queue.ts. */
export const FRESH: i32 = 0
export const STALLED: i32 = 1
export const ASSIGNED: i32 = 3

export function flowOf(dispatcher: Dispatcher): Flow {
  return changetype<Flow>(dispatcher.work)
}

const HEAD: usize = (offsetof<Flow>() + 15) & ~15

/** Bytes of the flow for a number of types, bins and instances. */
export function flowBytes(types: i32, bins: i32, instances: i32): usize {
  const t = types as usize
  const cells = t * (bins as usize)
  const byType = (4 * 8 + 5 * 4) * t
  const guards = 2 * 8 * cells
  const pairs = 2 * 4 * t * cells + 8 * t * t * (wordsOf(bins) as usize)
  const fleet = 8 * t * ((paddedInstances(instances) >> 6) as usize) + treeBytes(instances)
  const roots = 4 * ((ASSIGNED as usize) + cells)
  return HEAD + byType + guards + pairs + fleet + roots
}

function wordsOf(bins: i32): i32 {
  return (bins + 63) >> 6
}

/** Places the parts of the flow behind it. */
export function placeFlow(address: usize, types: i32, bins: i32, instances: i32): Flow {
  const flow = changetype<Flow>(address)
  const cells = types * bins
  flow.maskWords = wordsOf(bins)
  flow.idleWords = paddedInstances(instances) >> 6
  flow.stretch = vectorAt<f64>(address + HEAD)
  flow.tail = flow.stretch.from(types)
  flow.last = flow.tail.from(types)
  flow.firm = flow.last.from(types)
  flow.guards = flow.firm.from(types)
  flow.masks = flow.guards.behind<u64>(2 * cells)
  flow.idleBits = flow.masks.from(types * types * flow.maskWords)
  flow.busyNodes = flow.idleBits.from(types * flow.idleWords).address
  flow.assigned = vectorAt<i32>(flow.busyNodes + treeBytes(instances))
  flow.busy = flow.assigned.from(types)
  flow.idle = flow.busy.from(types)
  flow.firstWord = flow.idle.from(types)
  flow.waiting = flow.firstWord.from(types)
  flow.order = flow.waiting.from(types)
  flow.rank = flow.order.from(types * cells)
  flow.roots = flow.rank.from(types * cells)
  assert(flow.roots.from(ASSIGNED + cells).address == address + flowBytes(types, bins, instances))
  return flow
}
