/**
 * The configurations whose fluid bound reaches a target, also after losses, cheapest first: branch and bound.
 *
 * A node is a box of counts. Its relaxation is a linear program over the cuts that are known (target-cuts.ts,
 * covering-lp.ts); the point at which it is attained is bounded by the kernel, and where it misses the target its dual
 * solution is a new cut. The open node of the least cost is next, so a configuration is the cheapest as soon as no
 * node that is open costs less. A node is branched
 *
 *   1. on a type of which the target cannot afford the loss: n_t at its lower bound, or above
 *   2. on a count that is not whole: rounded down, or up
 *   3. around a configuration that is found: the boxes that together hold all others
 */
import type { Rank } from '../../kernel/contract.ts'
import { compareRanks, costOf, numberOf } from '../../kernel/lattice.ts'
import { nextTurn } from '../../kernel/next-turn.ts'
import { NO_EARLY_END } from '../early-end.ts'
import type { FluidSpace } from '../select/lattice.ts'
import { refuseAborted, type SelectSetting } from '../select/setting.ts'
import { coveringLp, MAX_CUTS } from './covering-lp.ts'
import { heap } from './node-heap.ts'
import { type Cut, judgeOf, rhsOf } from './target-cuts.ts'

export interface CheapestQuery extends FluidSpace {
  /** Queries per second that the bound has to reach. */
  readonly targetQps: number
  /** How many instances, whichever they are, may be lost with the target still reached. */
  readonly spare: number
}

export interface CheapestSearch {
  /** In the order of cost, then of bound, descending, then of number. Ends at an early end of the setting. */
  readonly rows: AsyncIterable<Rank>
  /** What is known at any time, also after an early end. */
  state(): CheapestState
}

interface CheapestState {
  /** Nodes that were solved, and those of them that were ruled out. */
  readonly visited: number
  readonly pruned: number
  /** No row that was not returned costs less; Infinity where there is none. */
  readonly floor: number
  /** Rows that reach the target but are not proven to be next, cheapest first. */
  readonly unproven: readonly Rank[]
}

interface Node {
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/** Costs are equal if they differ by a smaller share: sums and linear programs are rounded. */
const TOLERANCE = 1e-9

/** A count is whole if it differs from a whole number by less. */
const WHOLE = 1e-6

/** Rounds of cuts at a node before it is branched; the first node gets more. */
const ROUNDS = 3
const FIRST_ROUNDS = 60

/** Milliseconds after which other work gets its turn. */
const TURN_MS = 15

export function cheapestFirst(
  { lattice, program, targetQps, spare }: CheapestQuery,
  { here, signal, end = NO_EARLY_END }: Pick<SelectSetting, 'here' | 'signal' | 'end'>,
): CheapestSearch {
  const types = lattice.size.length
  const judge = judgeOf(here, program, { types, targetQps, spare })
  const lp = coveringLp(lattice.price)
  const dearest = Array.from(lattice.price.keys()).sort((s, t) => lattice.price[t] - lattice.price[s])
  const open = heap<Node>()
  const pending: Rank[] = []
  const seen = new Set<number>()
  const ceiling = lattice.budget * (1 + TOLERANCE)
  const counts = new Float64Array(types)
  /** The cuts of the linear program, in its order. */
  let cuts: Cut[] = []
  let visited = 0
  let pruned = 0

  const root = {
    lower: lattice.min.slice(),
    upper: lattice.min.map((least, t) => least + lattice.size[t] - 1),
  }
  if (costOf(lattice, Array.from(root.lower)) <= ceiling) open.push(0, root)

  const addCuts = (violated: readonly Cut[]) => {
    for (const cut of violated) {
      if (cuts.length === MAX_CUTS) cuts = lp.dropCuts().map((i) => cuts[i])
      cuts.push(cut)
      lp.addCut(cut.coefficients)
    }
  }

  /** Keeps a configuration that reaches the target, within the budget. */
  const record = (whole: readonly number[]) => {
    const number = numberOf(lattice, whole)
    const cost = costOf(lattice, whole)
    if (seen.has(number) || cost > lattice.budget) return
    seen.add(number)
    const row = { bound: boundOf(whole), cost, number }
    const at = pending.findIndex((other) => compareByCost(row, other) < 0)
    pending.splice(at < 0 ? pending.length : at, 0, row)
  }

  const boundOf = (whole: readonly number[]) =>
    here.fluidBounds({ program, counts: Float64Array.from(whole) }).bound[0]

  /** A configuration that reaches the target: the point rounded up, and then less of what is not needed. */
  const roundUp = (point: Float64Array) => {
    const whole = Array.from(point, (n, t) => Math.min(root.upper[t], Math.ceil(n - WHOLE)))
    const reaches = () => judge(whole, whole).survives
    if (!reaches()) return
    for (const t of dearest) {
      while (whole[t] > root.lower[t]) {
        whole[t]--
        if (reaches()) continue
        whole[t]++
        break
      }
    }
    record(whole)
  }

  const pushChild = (cost: number, { lower, upper }: Node, t: number, from: number, to: number) => {
    if (from <= to) open.push(cost, { lower: lower.with(t, from), upper: upper.with(t, to) })
  }

  /** All of a box but one configuration, as boxes that share none. */
  const pushAround = (cost: number, node: Node, whole: readonly number[]) => {
    let rest = node
    for (const t of dearest) {
      pushChild(cost, rest, t, rest.lower[t], whole[t] - 1)
      pushChild(cost, rest, t, whole[t] + 1, rest.upper[t])
      rest = { lower: rest.lower.with(t, whole[t]), upper: rest.upper.with(t, whole[t]) }
    }
  }

  const solve = (node: Node) => {
    visited++
    const rounds = visited === 1 ? FIRST_ROUNDS : ROUNDS
    let before = Number.NEGATIVE_INFINITY
    for (let round = 1; ; round++) {
      const cost = lp.solve(node, rhsOf(cuts, node.lower, spare), counts, ceiling)
      if (cost > ceiling) {
        pruned++
        return
      }
      const fraction = mostFractional(lattice.price, counts)
      if (fraction < 0) {
        const whole = Array.from(counts, Math.round)
        const { survives, violated, undecided } = judge(whole, node.lower)
        if (survives) record(whole)
        if (survives || (violated.length === 0 && undecided === undefined))
          return pushAround(cost, node, whole)
        addCuts(violated)
        if (violated.length === 0) return branch(cost, node, undecided!, node.lower[undecided!])
        // cuts that do not move the point are rounding errors
        if (round > rounds && (cost <= before || round > FIRST_ROUNDS)) return pushAround(cost, node, whole)
      } else {
        const { violated, undecided } = judge(counts, node.lower)
        addCuts(violated)
        if (violated.length === 0 || round >= rounds) {
          if (visited === 1 || (visited & 63) === 0) roundUp(counts)
          return undecided === undefined
            ? branch(cost, node, fraction, Math.floor(counts[fraction]))
            : branch(cost, node, undecided, node.lower[undecided])
        }
      }
      before = cost
    }
  }

  const branch = (cost: number, node: Node, t: number, below: number) => {
    pushChild(cost, node, t, node.lower[t], below)
    pushChild(cost, node, t, below + 1, node.upper[t])
  }

  const rows = async function* (): AsyncGenerator<Rank> {
    let turn = performance.now()
    for (;;) {
      while (pending.length > 0 && pending[0].cost < open.least * (1 - TOLERANCE)) yield pending.shift()!
      if (open.size === 0 || end.isDue()) return
      solve(open.pop()!)
      if (performance.now() - turn < TURN_MS) continue
      await nextTurn()
      refuseAborted(signal)
      turn = performance.now()
    }
  }

  return {
    rows: rows(),
    state: () => ({ visited, pruned, floor: open.least, unproven: pending }),
  }
}

/** Cheapest first; equal costs by bound, descending. */
export function compareByCost(a: Rank, b: Rank): number {
  return a.cost - b.cost || compareRanks(a, b, true)
}

/** The type whose count is furthest from whole, by its price; -1 if all are whole. */
function mostFractional(price: Float64Array, counts: Float64Array): number {
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
