/**
 * The best rows of a space that is too large to walk, exactly.
 *
 * First a climb: from the best mix of parts of instances, rounded, to better neighbours, one instance more or
 * exchanged at a time. The k-th best of what it met is a floor. Then branch and bound over the counts, in
 * kernels, range by range: only rows above the floor are looked for, and nothing is shared between ranges, so
 * that rows and numbers of nodes are the same for any number of threads.
 */

import type { FluidProgram, Kernel, Lattice, Rank, Selection } from '../kernel/contract.ts'
import { columnsOf, compareRanks, costOf, numberOf } from '../kernel/lattice.ts'
import { loadKernel } from '../kernel/load.ts'
import { nextTurn } from '../kernel/next-turn.ts'
import { openPool } from '../kernel/pool.ts'
import type { BranchAndBoundProof } from '../model/results/ranking.ts'
import { refuseAborted, type SelectionSetting } from './selection.ts'

export interface SearchQuery {
  readonly lattice: Lattice
  readonly program: FluidProgram
  /** The number of configurations of the lattice. */
  readonly size: number
  readonly limit: number
  readonly byCost: boolean
}

export interface Searched {
  readonly rows: Selection
  readonly proof: BranchAndBoundProof
}

/** Ranges of the lattice: some hundred, so that threads are kept busy and an end is prompt. */
const RANGES = 256

/** Parts of an instance below this are crumbs. */
const CRUMB = 1e-6

/** Rows that are kept besides: those that tie with the last, and may change places with it. */
const TIES = 256

/** Rounds of the climb and rows that it goes on from. */
const ROUNDS = 24
const BEAM = 48

/**
 * @param timeLimitMs after so long the best rows so far are returned, with the gap that remains
 * @throws KairosError ABORTED
 */
export async function searchSpace(
  query: SearchQuery,
  setting: SelectionSetting & { readonly timeLimitMs?: number | undefined },
): Promise<Searched> {
  const { size, limit, byCost } = query
  const { signal, onProgress, timeLimitMs = Number.POSITIVE_INFINITY } = setting
  const deadline = performance.now() + timeLimitMs
  const kernel = loadKernel(setting.kernel)
  const climbed = climb(kernel, query)
  const turned = dearestFirst(query)
  // every row whose bound is that of the floor: equal bounds are put in order here, by the costs of the space
  const floor = { bound: climbed.at(limit - 1)?.bound ?? 0, cost: Number.POSITIVE_INFINITY, number: size }
  const found: Rank[] = []
  let visited = 0
  let pruned = 0
  let done = 0
  const ranges = cut(size)
  const input = { lattice: turned.lattice, program: turned.program, limit: limit + TIES, byCost, floor }
  const pool = await openPool(setting.threads, setting.kernel)
  const inTime = () => performance.now() < deadline
  try {
    const lane = async () => {
      for (const range of ranges) {
        const part = await pool.run('searchFluid', { ...input, ...range })
        found.push(...turned.back(part))
        visited += part.visited
        pruned += part.pruned
        done += range.to - range.from
        onProgress?.(done)
        refuseAborted(signal)
        if (!inTime()) return
        await nextTurn()
      }
    }
    const lanes = Promise.all(Array.from({ length: setting.threads }, lane))
    await (Number.isFinite(timeLimitMs) ? Promise.race([lanes, wait(deadline - performance.now())]) : lanes)
  } finally {
    await pool.close()
  }
  const order = (a: Rank, b: Rank) => compareRanks(a, b, byCost)
  if (done === size)
    return { rows: selectionOf(found.sort(order).slice(0, limit)), proof: { visited, pruned, gap: 0 } }
  // what the climb met stands in for the ranges that were not searched
  const best = distinct([...found, ...climbed])
    .sort(order)
    .slice(0, limit)
  const ceiling = relaxation(kernel, query)
  const gap = best.length > 0 ? Math.max(0, ceiling / best[0].bound - 1) : Number.POSITIVE_INFINITY
  return { rows: selectionOf(best), proof: { visited, pruned, gap } }
}

/**
 * The same question with the dearest type first: of it there are few instances, and parts of one are what
 * makes a bound loose. Sums of prices come out in another order, so the budget is a rounding larger, and rows
 * are costed again on the way back.
 */
function dearestFirst({ lattice, program }: SearchQuery) {
  const order = Array.from(lattice.price.keys()).sort((a, b) => lattice.price[b] - lattice.price[a] || a - b)
  const turn = (values: Float64Array) => Float64Array.from(order, (t) => values[t])
  const bins = program.probability.length
  const turnRows = (values: Float64Array) => {
    const rows = new Float64Array(values.length)
    for (const [i, t] of order.entries()) rows.set(values.subarray(t * bins, (t + 1) * bins), i * bins)
    return rows
  }
  const turned: Lattice = {
    min: turn(lattice.min),
    size: turn(lattice.size),
    price: turn(lattice.price),
    budget: lattice.budget * (1 + 1e-12),
  }
  return {
    lattice: turned,
    program: { ...program, service: turnRows(program.service), violation: turnRows(program.violation) },
    back({ bound, number }: { bound: Float64Array; number: Float64Array }): Rank[] {
      return Array.from(number, (n, i) => {
        const counts = new Array<number>(order.length)
        let rest = n
        for (let j = order.length - 1; j >= 0; j--) {
          const above = Math.floor(rest / turned.size[j])
          counts[order[j]] = turned.min[j] + (rest - above * turned.size[j])
          rest = above
        }
        return { bound: bound[i], cost: costOf(lattice, counts), number: numberOf(lattice, counts) }
      }).filter((row) => row.cost <= lattice.budget)
    },
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)).unref())
}

function* cut(size: number): Generator<{ from: number; to: number }> {
  const pieces = Math.min(RANGES, size)
  const edge = (i: number) => Math.floor((size / pieces) * i)
  for (let i = 0; i < pieces; i++) yield { from: edge(i), to: i === pieces - 1 ? size : edge(i + 1) }
}

/** Good rows, best first: a beam of neighbours from the rounded relaxation and from single types. */
function climb(kernel: Kernel, query: SearchQuery): Rank[] {
  const { lattice, program, limit, byCost } = query
  const types = lattice.size.length
  const known = new Map<number, Rank>()
  const order = (a: Rank, b: Rank) => compareRanks(a, b, byCost)
  let beam: number[][] = starts(kernel, query)
  for (let round = 0; round < ROUNDS && beam.length > 0; round++) {
    const fresh = beam.flatMap((counts) => neighbours(lattice, counts))
    const unseen = new Map(fresh.map((counts) => [numberOf(lattice, counts), counts]))
    for (const number of known.keys()) unseen.delete(number)
    const { bound } = kernel.fluidBounds({ program, counts: Float64Array.from([...unseen.values()].flat()) })
    let i = 0
    for (const [number, counts] of unseen) {
      known.set(number, { bound: bound[i++], cost: costOf(lattice, counts), number })
    }
    const best = [...unseen.keys()]
      .map((number) => known.get(number)!)
      .sort(order)
      .slice(0, BEAM)
    beam = best.map(({ number }) => unseen.get(number)!)
    if (beam.length === 0 || types === 0) break
  }
  return [...known.values()]
    .filter((row) => row.bound > 0)
    .sort(order)
    .slice(0, Math.max(limit, BEAM))
}

/** The smallest configuration, the relaxation rounded down, and one start for each type. */
function starts(kernel: Kernel, query: SearchQuery): number[][] {
  const { lattice } = query
  const least = Array.from(lattice.min)
  const { parts } = relax(kernel, query)
  const spend = (first: number[]) => {
    const counts = [...least]
    for (const t of first) {
      while (counts[t] + 1 < lattice.min[t] + lattice.size[t]) {
        counts[t]++
        if (costOf(lattice, counts) <= lattice.budget) continue
        counts[t]--
        break
      }
    }
    return counts
  }
  const rounded = least.map((min, t) => Math.max(min, Math.floor(parts[t])))
  return [rounded, ...least.map((_, t) => spend([t]))].filter(
    (counts) => costOf(lattice, counts) <= lattice.budget,
  )
}

/** The configuration itself, and every one that is an instance more, less, or exchanged away from it. */
function neighbours(lattice: Lattice, counts: readonly number[]): number[][] {
  const found = [[...counts]]
  for (let add = -1; add < counts.length; add++) {
    for (let drop = -1; drop < counts.length; drop++) {
      if (add === drop) continue
      const next = [...counts]
      if (add >= 0) next[add]++
      if (drop >= 0) next[drop]--
      const inside = next.every((n, t) => n >= lattice.min[t] && n < lattice.min[t] + lattice.size[t])
      if (inside && next.some((n) => n > 0) && costOf(lattice, next) <= lattice.budget) found.push(next)
    }
  }
  return found
}

/** The bound of the best mix of parts of instances: no configuration has a higher one. */
function relaxation(kernel: Kernel, query: SearchQuery): number {
  return relax(kernel, query).ceiling
}

/** Cutting planes: the parts that the prices so far value most, until their bound is what they are valued at. */
function relax(kernel: Kernel, { lattice, program }: SearchQuery): { parts: number[]; ceiling: number } {
  const types = lattice.size.length
  const cuts: Float64Array[] = []
  // something of every type first: what can be feasible is
  let parts = spread(lattice)
  let ceiling = Number.POSITIVE_INFINITY
  for (let round = 0; round < 4 * types; round++) {
    const { bound, price } = kernel.fluidBounds({ program, counts: Float64Array.from(parts) })
    if (bound[0] === 0) break
    cuts.push(price)
    const filled = cuts.map((cutPrice) => fill(lattice, cutPrice))
    const values = filled.map((counts, i) => counts.reduce((sum, n, t) => sum + n * cuts[i][t], 0))
    const tightest = values.indexOf(Math.min(...values))
    if (values[tightest] < ceiling) {
      ceiling = values[tightest]
      parts = filled[tightest]
    } else parts = filled[filled.length - 1]
    if (ceiling <= bound[0] * (1 + 1e-6)) break
  }
  return { parts, ceiling }
}

/** The budget in equal shares over the types. */
function spread({ min, size, price, budget }: Lattice): number[] {
  return Array.from(min, (least, t) =>
    Math.min(least + size[t] - 1, Math.max(least, budget / min.length / price[t])),
  )
}

/** What the budget buys at some prices, best value first, the last in part. */
function fill({ min, size, price, budget }: Lattice, value: Float64Array): number[] {
  const counts = Array.from(min)
  let left = budget - counts.reduce((sum, n, t) => sum + n * price[t], 0)
  const byValue = counts.map((_, t) => t).sort((a, b) => value[b] / price[b] - value[a] / price[a])
  for (const t of byValue) {
    const more = Math.min(size[t] - 1, left / price[t])
    // crumbs of the budget would be instances too small to solve for
    if (more < CRUMB) continue
    counts[t] += more
    left -= more * price[t]
  }
  return counts
}

function distinct(ranks: readonly Rank[]): Rank[] {
  return [...new Map(ranks.map((rank) => [rank.number, rank])).values()]
}

function selectionOf(ranks: readonly Rank[]): Selection {
  return { withinBudget: 0, feasible: 0, ...columnsOf(ranks) }
}
