import { dot } from '../../model/dot.ts'
import { configurationsOf, countsAt, rangesUpTo } from '../lattice.ts'
import type { NoPlan, Plan, PlanProblem } from '../plan-contract.ts'

/**
 * The optimal plan by backward dynamic programming over the whole lattice, then forward along the first minimiser.
 *
 *   G_W(m) = 0
 *   V_w(n) = run·n + G_(w+1)(n) where n is feasible in window w, else infinite
 *   G_w(m) = min_n V_w(n) + Σ_t start_t max(0, n_t − m_t)
 *
 * G_w(m) is the least cost of the windows from w on when m ran before. The minimum separates by type: along each
 * axis one pass downward that adds start_t a step, and one pass upward that adds nothing, because stopping is free.
 */
export function optimalPlan(problem: PlanProblem): Plan | NoPlan {
  const { need, wanted = need.length } = problem
  const windows = need.length
  const lattice = configurations(problem.maxCounts)
  const costToGo: Float64Array[] = []
  costToGo[windows] = new Float64Array(lattice.length)
  const value: Float64Array[] = []
  for (let w = windows - 1; w >= 0; w--) {
    value[w] = costFrom(problem, lattice, w, costToGo[w + 1])
    // an unreachable window leaves no finite value; the first one is reported
    costToGo[w] = distanceTransform(value[w], problem)
  }
  const blocked = need.findIndex((_, w) => !lattice.some((counts, n) => isFeasible(problem, counts, n, w)))
  if (blocked >= 0) return { status: 'infeasible', window: blocked }

  const configuration = new Int32Array(wanted)
  let before = problem.initial ?? lattice[lattice.length - 1]
  for (let w = 0; w < wanted; w++) {
    const isFree = w === 0 && problem.initial === undefined
    let least = Infinity
    lattice.forEach((counts, n) => {
      const cost = value[w][n] + (isFree ? 0 : costOfStarts(problem, before, counts))
      if (cost < least) {
        least = cost
        configuration[w] = n
      }
    })
    before = lattice[configuration[w]]
  }
  return { status: 'optimal', configuration }
}

/** V_w, less its least value: only differences matter, and they stay exact for any number of windows. */
function costFrom(problem: PlanProblem, lattice: Int32Array[], w: number, costToGo: Float64Array) {
  const value = Float64Array.from(lattice, (counts, n) => {
    if (!isFeasible(problem, counts, n, w)) return Infinity
    const run = w < problem.billedWindows ? dot(problem.runCost, counts) : 0
    return run + costToGo[n]
  })
  const least = value.reduce((a, b) => Math.min(a, b), Infinity)
  return least === Infinity ? value : value.map((cost) => cost - least)
}

function isFeasible(problem: PlanProblem, counts: Int32Array, n: number, w: number): boolean {
  const { capacity, need, lower, upper } = problem
  if (!(capacity[n] >= 0 && capacity[n] >= need[w])) return false
  const types = counts.length
  return counts.every((count, t) => count >= lower[w * types + t] && count <= upper[w * types + t])
}

/** min over n of value(n) + Σ_t start_t max(0, n_t − m_t), for every m. */
function distanceTransform(value: Float64Array, { maxCounts, startCost }: PlanProblem): Float64Array {
  const least = value.slice()
  let stride = 1
  for (let t = maxCounts.length - 1; t >= 0; t--) {
    const size = maxCounts[t] + 1
    for (let n = least.length - 1; n >= 0; n--) {
      if (Math.floor(n / stride) % size < maxCounts[t]) {
        least[n] = Math.min(least[n], least[n + stride] + startCost[t])
      }
    }
    for (let n = 0; n < least.length; n++) {
      if (Math.floor(n / stride) % size > 0) least[n] = Math.min(least[n], least[n - stride])
    }
    stride *= size
  }
  return least
}

function costOfStarts(problem: PlanProblem, before: Int32Array, counts: Int32Array): number {
  return counts.reduce((sum, n, t) => sum + problem.startCost[t] * Math.max(0, n - before[t]), 0)
}

/** Every vector of counts, the last type fastest. */
function configurations(maxCounts: Int32Array): Int32Array[] {
  const ranges = rangesUpTo(maxCounts)
  return Array.from({ length: configurationsOf(ranges) }, (_, n) => Int32Array.from(countsAt(ranges, n)))
}
