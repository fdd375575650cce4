// When each instance completes, as a tournament: a heap whose leaves never move. Every node holds the
// smaller of its two children, so the root is the next completion; an instance that serves nothing is at
// Infinity. At equal times the lowest instance is first: that is a total order, for an instance completes
// one query at a time.
//
// Heap (f64 words):   (unused) | root | 2 nodes | 4 nodes | ... | leaves, a power of two of them

/** The number of leaves for a number of instances. */
export function leavesOf(instances: i32): i32 {
  let leaves = 1
  while (leaves < instances) leaves *= 2
  return leaves
}

export function layHeap(heapPtr: usize, leaves: i32): void {
  for (let i = 0; i < 2 * leaves; i++) store<f64>(heapPtr + 8 * (i as usize), Infinity)
}

export function earliest(heapPtr: usize): f64 {
  return load<f64>(heapPtr, 8)
}

/** The first instance that completes at the earliest time. */
export function earliestInstance(heapPtr: usize, leaves: i32): i32 {
  const time = earliest(heapPtr)
  let node = 1
  while (node < leaves) {
    node *= 2
    node += i32(load<f64>(heapPtr + 8 * (node as usize)) != time)
  }
  return node - leaves
}

/** Sets when an instance completes. */
export function setEvent(heapPtr: usize, leaves: i32, instance: i32, time: f64): void {
  // the smaller is carried along in a lane: what was just stored is not loaded again
  let smaller = v128.splat<f64>(time)
  let node = leaves + instance
  v128.store_lane<f64>(heapPtr + 8 * (node as usize), smaller, 0)
  while (node > 1) {
    smaller = f64x2.pmin(smaller, v128.load_splat<f64>(heapPtr + 8 * ((node ^ 1) as usize)))
    node >>= 1
    v128.store_lane<f64>(heapPtr + 8 * (node as usize), smaller, 0)
  }
}
