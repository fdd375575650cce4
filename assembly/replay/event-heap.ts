// When each instance completes, as a tournament tree: a heap whose leaves never move. Every node holds the
// smaller of its two children, so the root is the next completion; an instance that serves nothing is at
// Infinity. At equal times the lowest instance is first: that is a total order, for an instance completes
// one query at a time.
//
//   heap[]   | unused | root | 2 nodes | 4 nodes | ... | leaves, a power of two of them |

import { Vector } from '../layout/vector'

/** The number of leaves for a number of instances. */
export function leavesOf(instances: i32): i32 {
  let leaves = 1
  while (leaves < instances) leaves *= 2
  return leaves
}

/** No instance completes. */
export function clearEvents(heap: Vector<f64>, leaves: i32): void {
  for (let node = 0; node < 2 * leaves; node++) heap[node] = Infinity
}

export function earliest(heap: Vector<f64>): f64 {
  return heap[1]
}

/** The first instance that completes at the earliest time. */
export function earliestInstance(heap: Vector<f64>, leaves: i32): i32 {
  const time = earliest(heap)
  let node = 1
  while (node < leaves) {
    node *= 2
    node += i32(heap[node] != time)
  }
  return node - leaves
}

/** Sets when an instance completes. */
export function setEvent(heap: Vector<f64>, leaves: i32, instance: i32, time: f64): void {
  // the smaller is carried along in a lane: what was just stored is not loaded again
  let smaller = v128.splat<f64>(time)
  let node = leaves + instance
  v128.store_lane<f64>(heap.from(node).address, smaller, 0)
  while (node > 1) {
    smaller = f64x2.pmin(smaller, v128.load_splat<f64>(heap.from(node ^ 1).address))
    node >>= 1
    v128.store_lane<f64>(heap.from(node).address, smaller, 0)
  }
}
