// Ordered trees with positions: insertion, removal, the k-th smallest and the count up to a key in logarithmic time.
// They are treaps (Seidel and Aragon, "Randomized search trees", 1996): ordered by key, and heaps by a hash of the
// number of a node. The order of nodes, and with it every result, does not depend on the hash.

import { leftOf, nodeAt, rightOf, TreeNode } from '../layout/tree'
import { scramble } from './scramble'

/** How many nodes a tree has. */
export function countOf(nodes: usize, node: i32): i32 {
  return node < 0 ? 0 : nodeAt(nodes, node).count
}

/** Adds a node; (key, tie) differs from those of all others. */
export function insertNode(nodes: usize, root: usize, node: i32, key: f64, tie: i32): void {
  const added = nodeAt(nodes, node)
  const priority = priorityOf(node)
  let link = root
  let at = load<i32>(link)
  while (at >= 0 && priorityOf(at) > priority) {
    const above = nodeAt(nodes, at)
    above.count++
    link = isBefore(above, key, tie) ? rightOf(above) : leftOf(above)
    at = load<i32>(link)
  }
  added.key = key
  added.tie = tie
  added.count = 1 + countOf(nodes, at)
  store<i32>(link, node)
  split(nodes, at, key, tie, leftOf(added), rightOf(added))
}

/** Divides a tree into the nodes before (key, tie), linked at `before`, and those behind it. */
function split(nodes: usize, at: i32, key: f64, tie: i32, before: usize, behind: usize): void {
  if (at < 0) {
    store<i32>(before, -1)
    store<i32>(behind, -1)
    return
  }
  const node = nodeAt(nodes, at)
  if (isBefore(node, key, tie)) {
    store<i32>(before, at)
    split(nodes, node.right, key, tie, rightOf(node), behind)
  } else {
    store<i32>(behind, at)
    split(nodes, node.left, key, tie, before, leftOf(node))
  }
  node.count = 1 + countOf(nodes, node.left) + countOf(nodes, node.right)
}

/** Removes a node of the tree. */
export function removeNode(nodes: usize, root: usize, node: i32): void {
  const removed = nodeAt(nodes, node)
  const key = removed.key
  const tie = removed.tie
  let link = root
  let at = load<i32>(link)
  while (at != node) {
    const above = nodeAt(nodes, at)
    above.count--
    link = isBefore(above, key, tie) ? rightOf(above) : leftOf(above)
    at = load<i32>(link)
  }
  // the two trees below it become one
  let left = removed.left
  let right = removed.right
  while (left >= 0 && right >= 0) {
    if (priorityOf(left) > priorityOf(right)) {
      const above = nodeAt(nodes, left)
      above.count += countOf(nodes, right)
      store<i32>(link, left)
      link = rightOf(above)
      left = above.right
    } else {
      const above = nodeAt(nodes, right)
      above.count += countOf(nodes, left)
      store<i32>(link, right)
      link = leftOf(above)
      right = above.left
    }
  }
  store<i32>(link, left >= 0 ? left : right)
}

/** The first node of a tree that is not empty. */
export function smallest(nodes: usize, root: i32): i32 {
  let at = root
  for (let left = nodeAt(nodes, at).left; left >= 0; left = nodeAt(nodes, at).left) at = left
  return at
}

/** The last node of a tree that is not empty. */
export function largest(nodes: usize, root: i32): i32 {
  let at = root
  for (let right = nodeAt(nodes, at).right; right >= 0; right = nodeAt(nodes, at).right) at = right
  return at
}

/** The node that has `k` others before it; there is one. */
export function kth(nodes: usize, root: i32, k: i32): i32 {
  let at = root
  while (true) {
    const node = nodeAt(nodes, at)
    const before = countOf(nodes, node.left)
    if (k == before) return at
    if (k < before) at = node.left
    else {
      k -= before + 1
      at = node.right
    }
  }
}

/** How many nodes have at most a key. */
export function countUpTo(nodes: usize, root: i32, key: f64): i32 {
  let count = 0
  let at = root
  while (at >= 0) {
    const node = nodeAt(nodes, at)
    if (node.key <= key) {
      count += 1 + countOf(nodes, node.left)
      at = node.right
    } else at = node.left
  }
  return count
}

function isBefore(node: TreeNode, key: f64, tie: i32): bool {
  // ties may wrap around
  return node.key < key || (node.key == key && node.tie - tie < 0)
}

function priorityOf(node: i32): u32 {
  return scramble((node as u32) + 1)
}
