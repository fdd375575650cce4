import { countsAt, rangesUpTo } from '../kernel/lattice.ts'
import type { PlanProblem } from '../kernel/plan-contract.ts'
import type { Counts } from '../model/fleet/space.ts'

/** Bounds on the counts of the first window of a rotated cycle, and the least cost of any plan within them. */
interface Node {
  readonly lower: Int32Array
  readonly upper: Int32Array
  readonly cost: bigint
  readonly configuration: Int32Array
}

/**
 * The plan of least cost whose last window is followed by the first.
 *
 * The windows are rotated so that the one with the largest need comes first, where few configurations are feasible,
 * and that window is added once more at the end without running costs: the step into it is the one that closes the
 * cycle. Relaxed, first and closing window may differ, and the least cost is a lower bound. Branch and bound on the
 * counts of the first window, least bound first, until both are the same: that plan is optimal.
 *
 * @param solve returns the positions of the plan of least cost whose windows are not a cycle
 * @returns W positions in the lattice, in the order of the windows
 */
export function closeCycle(solve: (problem: PlanProblem) => Int32Array, problem: PlanProblem): Int32Array {
  const ranges = rangesUpTo(problem.maxCounts)
  const countsOf = (position: number) => countsAt(ranges, position)
  const types = problem.maxCounts.length
  const windows = problem.need.length
  const peak = problem.need.indexOf(problem.need.reduce((a, b) => Math.max(a, b)))
  const rotated = Array.from({ length: windows + 1 }, (_, w) => (w + peak) % windows)
  const row = (bounds: Int32Array, w: number) => bounds.subarray(w * types, (w + 1) * types)
  const nodeOf = (lower: Int32Array, upper: Int32Array): Node => {
    const bounds = (all: Int32Array, own: Int32Array) => {
      const rows = Int32Array.from(rotated.flatMap((w) => [...row(all, w)]))
      rows.set(own, 0)
      rows.set(own, windows * types)
      return rows
    }
    const { initial: _, ...rest } = problem
    const configuration = solve({
      ...rest,
      need: Float64Array.from(rotated, (w) => problem.need[w]),
      lower: bounds(problem.lower, lower),
      upper: bounds(problem.upper, upper),
      billedWindows: windows,
    })
    return { lower, upper, configuration, cost: costOf(problem, Array.from(configuration, countsOf)) }
  }
  const open = [nodeOf(row(problem.lower, peak), row(problem.upper, peak))]
  for (;;) {
    // one of the open nodes holds an optimal plan
    const best = open.reduce((least, node) => (node.cost < least.cost ? node : least))
    const first = countsOf(best.configuration[0])
    const closing = countsOf(best.configuration[windows])
    const gap = first.map((count, t) => Math.abs(count - closing[t]))
    const axis = gap.indexOf(Math.max(...gap))
    if (gap[axis] === 0) {
      const plan = new Int32Array(windows)
      for (let w = 0; w < windows; w++) plan[rotated[w]] = best.configuration[w]
      return plan
    }
    open.splice(open.indexOf(best), 1)
    // both counts serve the peak, and each child holds one of them: so it is feasible
    const cut = Math.min(first[axis], closing[axis])
    open.push(nodeOf(best.lower, best.upper.with(axis, cut)))
    open.push(nodeOf(best.lower.with(axis, cut + 1), best.upper))
  }
}

/** Running and starting cost of a rotated plan with its closing window, exact. */
function costOf({ runCost, startCost }: PlanProblem, plan: readonly Counts[]): bigint {
  let cost = 0n
  plan.forEach((counts, w) => {
    let step = 0
    counts.forEach((count, t) => {
      if (w < plan.length - 1) step += count * runCost[t]
      if (w > 0) step += Math.max(0, count - plan[w - 1][t]) * startCost[t]
    })
    cost += BigInt(step)
  })
  return cost
}
