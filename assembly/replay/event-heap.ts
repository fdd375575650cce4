// When each instance completes, as a tournament tree: a heap whose leaves never move. Every node holds the
// smaller of its two children, so the root is the next completion. The time of an idle instance is Infinity. At equal
// times the lowest instance is first. That is a total order, because an instance completes one query at a time.
//
//   heap[]   | unused | root | 2 nodes | 4 nodes | ... | leaves, a power of two of them |

import { Vector } from '../layout/vector'

/** The number of leaves for a number of instances. */
export function leavesOf(instances: i32): i32 {
  let leaves = 1
  while (leaves < instances) leaves *= 2
  return leaves
}

/** Prepares a heap in which no instance completes. */
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
  // the smaller value stays in a lane, so that it need not be loaded again after the store
  let smaller = v128.splat<f64>(time)
  let node = leaves + instance
  v128.store_lane<f64>(heap.from(node).address, smaller, 0)
  while (node > 1) {
    smaller = f64x2.pmin(smaller, v128.load_splat<f64>(heap.from(node ^ 1).address))
    node >>= 1
    v128.store_lane<f64>(heap.from(node).address, smaller, 0)
  }
}
