/**
 * The configurations whose fluid bound reaches a target, also after losses, cheapest first: branch and bound.
 *
 * A node is a box of counts. Its relaxation is a linear program over the cuts that are known (target-cuts.ts,
 * covering-lp.ts); the point at which it is attained is bounded by the kernel, and where it misses the target its dual
 * solution is a new cut. The open node of the least cost is next, so a configuration is the cheapest as soon as no
 * node that is open costs less. A node is branched (branching.ts)
 *
 *   1. on a type t where a loss that the lower bounds do not cover misses the target: n_t = lower_t, or n_t > lower_t
 *   2. on a count that is not whole: rounded down, or up
 *   3. around a configuration that is found: the boxes that together hold all others
 */
import type { Kernel, Rank } from '../../kernel/contract.ts'
import { costOf } from '../../kernel/lattice.ts'
import { nextTurn } from '../../kernel/next-turn.ts'
import { coveringLp, MAX_CUTS } from '../linear-program/covering-lp.ts'
import type { FluidSpace } from '../select/lattice.ts'
import type { SelectSetting } from '../select/setting.ts'
import { type Branching, branch, mostFractional, type Node } from './branching.ts'
import { type FoundRows, foundRows } from './found-rows.ts'
import { type Heap, heap } from './node-heap.ts'
import { type Cut, type Judge, judgeOf, rhsOf } from './target-cuts.ts'

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

/** Costs are equal if they differ by a smaller share: sums and linear programs are rounded. */
const TOLERANCE = 1e-9

/** Rounds of cuts at a node before it is branched; the first node gets more. */
const ROUNDS = 3
const FIRST_ROUNDS = 60

/** Milliseconds after which other work gets its turn. */
const TURN_MS = 15

/** The state of a search. */
interface Search {
  readonly price: Float64Array
  /** What a configuration may cost, with a tolerance. */
  readonly ceiling: number
  readonly judge: Judge
  readonly relaxation: NodeRelaxation
  /** The types in descending order of price. */
  readonly dearest: readonly number[]
  /** Nodes by the least cost of their configurations. */
  readonly open: Heap<Node>
  readonly found: FoundRows
  /** Nodes that were solved, and those of them that were ruled out. */
  visited: number
  pruned: number
}

/**
 * The cheapest configurations that reach the target, one by one. The search goes on only while a row is awaited.
 * Its rows throw the reason of `signal` where that aborts.
 */
export function cheapestFirst(
  query: CheapestQuery,
  { here, signal, end }: Pick<SelectSetting, 'here' | 'signal' | 'end'>,
): CheapestSearch {
  const search = searchOf(query, here)
  const { open, found } = search
  const rows = async function* (): AsyncGenerator<Rank> {
    const { pending } = found
    signal?.throwIfAborted()
    let turn = performance.now()
    for (;;) {
      while (pending.length > 0 && pending[0].cost < open.least * (1 - TOLERANCE)) yield pending.shift()!
      if (open.size === 0 || end.isDue()) return
      visit(search, open.pop()!)
      if (performance.now() - turn < TURN_MS) continue
      await nextTurn(signal)
      turn = performance.now()
    }
  }
  return {
    rows: rows(),
    state() {
      const { visited, pruned } = search
      return { visited, pruned, floor: open.least, unproven: found.pending }
    },
  }
}

/** A search whose only open node is the whole space. */
function searchOf(query: CheapestQuery, here: Kernel): Search {
  const { lattice, program, targetQps, spare } = query
  const { min, size, price, budget } = lattice
  const ceiling = budget * (1 + TOLERANCE)
  const judge = judgeOf(here, program, { types: size.length, targetQps, spare })
  const dearest = Array.from(price.keys()).sort((s, t) => price[t] - price[s])
  const open = heap<Node>()
  const root = { lower: min.slice(), upper: min.map((least, t) => least + size[t] - 1) }
  if (costOf(lattice, Array.from(root.lower)) <= ceiling) open.push(0, root)
  return {
    price,
    ceiling,
    judge,
    relaxation: relaxationOf(price, spare),
    dearest,
    open,
    found: foundRows(here, query, judge, dearest),
    visited: 0,
    pruned: 0,
  }
}

/** The relaxation of nodes: the linear program of least cost over the cuts that are known. */
interface NodeRelaxation {
  /** The point at which the last solution is attained. */
  readonly counts: Float64Array
  /** @returns the least cost of a node; above `ceiling` where it is ruled out */
  solve(node: Node, ceiling: number): number
  /** Adds cuts. Where there is no room, the half that was not tight for the longest time is dropped. */
  add(violated: readonly Cut[]): void
}

function relaxationOf(price: Float64Array, spare: number): NodeRelaxation {
  const lp = coveringLp(price)
  const counts = new Float64Array(price.length)
  /** The cuts of the linear program, in its order. */
  let cuts: Cut[] = []
  return {
    counts,
    solve: (node, ceiling) => lp.solve(node, rhsOf(cuts, node.lower, spare), counts, ceiling),
    add(violated) {
      for (const cut of violated) {
        if (cuts.length === MAX_CUTS) cuts = lp.dropCuts().map((i) => cuts[i])
        cuts.push(cut)
        lp.addCut(cut.coefficients)
      }
    },
  }
}

/** Solves a node, and opens the boxes that it is branched into. */
function visit(search: Search, node: Node): void {
  search.visited++
  const branching = solveNode(search, node)
  if (branching) branch(search.open, node, branching, search.dearest)
  else search.pruned++
}

/**
 * Solves the relaxation of a node in rounds of cuts. A row that it finds is recorded.
 *
 * @returns how to branch the node; undefined where it is ruled out
 */
function solveNode(
  { price, ceiling, judge, relaxation, found, visited }: Search,
  node: Node,
): Branching | undefined {
  const { counts } = relaxation
  const rounds = visited === 1 ? FIRST_ROUNDS : ROUNDS
  let before = -Infinity
  for (let round = 1; ; round++) {
    const cost = relaxation.solve(node, ceiling)
    if (cost > ceiling) return undefined
    const fraction = mostFractional(price, counts)
    if (fraction < 0) {
      const whole = Array.from(counts, Math.round)
      const { survives, violated, undecided } = judge(whole, node.lower)
      if (survives) found.record(whole)
      if (survives || (violated.length === 0 && undecided === undefined)) return { cost, around: whole }
      relaxation.add(violated)
      if (violated.length === 0) return { cost, type: undecided!, below: node.lower[undecided!] }
      // cuts that do not move the point are rounding errors
      if (round > rounds && (cost <= before || round > FIRST_ROUNDS)) return { cost, around: whole }
    } else {
      const { violated, undecided } = judge(counts, node.lower)
      relaxation.add(violated)
      if (violated.length === 0 || round >= rounds) {
        if (visited === 1 || (visited & 63) === 0) found.roundUp(counts)
        return undecided === undefined
          ? { cost, type: fraction, below: Math.floor(counts[fraction]) }
          : { cost, type: undecided, below: node.lower[undecided] }
      }
    }
    before = cost
  }
}
