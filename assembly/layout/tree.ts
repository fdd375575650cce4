// Ordered trees (dispatch/tree.ts). The nodes of a tree stand in an array, where other trees may have theirs too;
// a link is the address of the number of a node, -1 for none. A tree is the array and the link to its root.
//
//   root -> 4 ─┬─ left  -> 1
//              └─ right -> 7 ── right -> 2        nodes | 0 | 1 | 2 | ... |

/** A node, ordered by `key`, then by `tie`. */
@unmanaged
export class TreeNode {
  key: f64
  tie: i32
  left: i32
  right: i32
  /** Nodes of the tree that has this one as its root. */
  count: i32
}

export function nodeAt(nodes: usize, node: i32): TreeNode {
  return changetype<TreeNode>(nodes + (node as usize) * offsetof<TreeNode>())
}

/** The link to what is before a node, and that to what is behind it. */
export function leftOf(node: TreeNode): usize {
  return changetype<usize>(node) + offsetof<TreeNode>('left')
}

export function rightOf(node: TreeNode): usize {
  return changetype<usize>(node) + offsetof<TreeNode>('right')
}

export function treeBytes(nodes: i32): usize {
  return (nodes as usize) * offsetof<TreeNode>()
}
