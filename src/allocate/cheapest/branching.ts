/** Nodes of the branch and bound, and how they are branched into smaller ones. */
import type { Heap } from './node-heap.ts'

/** A box of counts. */
export interface Node {
  /** T smallest and T largest counts. */
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/** The boxes to branch a node into. Its cost, dollars per hour, is a lower bound on the cost of each. */
export type Branching =
  /** Two boxes: at most `below` instances of a type, and more. */
  | { readonly cost: number; readonly type: number; readonly below: number }
  /** Boxes that together hold all configurations but one, and share none. */
  | { readonly cost: number; readonly around: readonly number[] }

/** A count is whole if it differs from a whole number by less. */
export const WHOLE = 1e-6

/** The type whose count is furthest from whole, by its price; -1 if all are whole. */
export function mostFractional(price: Float64Array, counts: Float64Array): number {
  let chosen = -1
  let most = 0
  for (let t = 0; t < counts.length; t++) {
    const distance = Math.abs(counts[t] - Math.round(counts[t]))
    if (distance < WHOLE || distance * price[t] <= most) continue
    most = distance * price[t]
    chosen = t
  }
  return chosen
}

/** Opens the boxes of a branching. @param order of types, in which boxes around a configuration are cut */
export function branch(open: Heap<Node>, node: Node, branching: Branching, order: readonly number[]): void {
  const { cost } = branching
  if ('type' in branching) {
    const { type, below } = branching
    pushPart(open, cost, node, type, node.lower[type], below)
    pushPart(open, cost, node, type, below + 1, node.upper[type])
    return
  }
  const { around } = branching
  let rest = node
  for (const t of order) {
    pushPart(open, cost, rest, t, rest.lower[t], around[t] - 1)
    pushPart(open, cost, rest, t, around[t] + 1, rest.upper[t])
    rest = { lower: rest.lower.with(t, around[t]), upper: rest.upper.with(t, around[t]) }
  }
}

/** Opens the part of a node with `from` to `to` instances of type t, if there is one. */
function pushPart(
  open: Heap<Node>,
  cost: number,
  { lower, upper }: Node,
  t: number,
  from: number,
  to: number,
): void {
  if (from <= to) open.push(cost, { lower: lower.with(t, from), upper: upper.with(t, to) })
}
