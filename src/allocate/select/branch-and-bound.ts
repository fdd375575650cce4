/**
 * The best rows of a lattice that is too large to enumerate, exactly.
 *
 * Local search first finds good rows; the last one of those that are wanted is a floor. Branch and bound over the
 * counts then runs in kernels, range by range, and looks only for rows above the floor. Ranges share nothing, so the
 * rows and the numbers of nodes are the same for any number of threads.
 */
import type { Lattice, Rank, RankColumns } from '../../kernel/contract.ts'
import { lineTypesOf } from '../../kernel/fluid-lines.ts'
import { columnsOf, compareRanks, costOf, countsAt, numberOf, ranksOf } from '../../kernel/lattice.ts'
import { openPool } from '../../kernel/pool.ts'
import type { BranchAndBoundProof } from '../../model/results/ranking.ts'
import { rowsOf } from '../../model/workload/latency-table.ts'
import { climb } from './climb.ts'
import { BUDGET_ROUNDING, type FluidSpace } from './lattice.ts'
import { divide, examine } from './ranges.ts'
import { relax } from './relaxation.ts'
import type { SelectSetting } from './setting.ts'
import { searchTies } from './ties.ts'

export interface SearchQuery extends FluidSpace {
  readonly limit: number
  readonly byCost: boolean
}

export interface Searched {
  readonly rows: RankColumns
  readonly proof: BranchAndBoundProof
}

/** Ranges of the lattice: enough that all threads stay busy and progress and Ctrl-C are prompt. */
const RANGES = 256

/** As `searchSpace`, where no two types are interchangeable, or they are searched one by one. */
export async function searchDistinct(query: SearchQuery, setting: SelectSetting): Promise<Searched> {
  const { size, limit, byCost } = query
  const { kernel, threads } = setting
  const climbed = await climb(query, limit, byCost, setting)
  const reordered = dearestFirst(query)
  // rows whose bound equals that of the floor are included: they are put in order below, by their exact costs
  const floor = { bound: climbed.at(limit - 1)?.bound ?? 0, cost: Infinity, number: size }
  const input = { ...reordered.space, byCost, floor }
  const found: Rank[] = []
  let visited = 0
  let pruned = 0
  const pool = await openPool(threads, kernel)
  const ranges = divide({ from: 0, to: size }, Math.min(RANGES, size))
  const done = await examine(pool, ranges, setting, async (range) => {
    // rows that tie with the last wanted one are put in order after the search
    const part = await searchTies(query, async (asked) => {
      const some = await pool.run('searchFluid', { ...input, ...range, limit: asked })
      visited += some.visited
      pruned += some.pruned
      return some
    })
    found.push(...reordered.restore(part))
  })
  const order = (a: Rank, b: Rank) => compareRanks(a, b, byCost)
  if (done === size) {
    return { rows: columnsOf(found.sort(order).slice(0, limit)), proof: { visited, pruned, gap: 0 } }
  }
  // the rows of the local search stand in for the ranges that were not searched
  const best = distinct([...found, ...climbed])
    .sort(order)
    .slice(0, limit)
  return {
    rows: columnsOf(best),
    proof: { visited, pruned, gap: gapAbove(best, query, setting), provenRows: 0 },
  }
}

/** After an early end, the gap is as small as is found in this time. */
const GAP_MS = 100

/** By how much a row could exceed the first of some rows, as a share of it. */
export function gapAbove([first]: readonly Rank[], space: FluidSpace, { here, end }: SelectSetting): number {
  if (first === undefined) return Infinity
  const leastEnd = performance.now() + GAP_MS
  const { ceiling } = relax(here, space, () => end.isDue() && performance.now() >= leastEnd)
  return Math.max(0, ceiling / first.bound - 1)
}

/**
 * The same space with its types in descending order of price: of a dear type there are few instances, and branching
 * on these first makes the bounds of partial configurations tight early. `restore` returns to the order of the query.
 */
function dearestFirst({ lattice, program }: FluidSpace) {
  const order = Array.from(lattice.price.keys()).sort((a, b) => lattice.price[b] - lattice.price[a] || a - b)
  const bins = program.probability.length
  const permuted = (values: Float64Array) => Float64Array.from(order, (t) => values[t])
  const lineTypes = lineTypesOf(program)
  const lines = order.flatMap((t) => Array.from(lineTypes.keys()).filter((line) => lineTypes[line] === t))
  const permutedLattice: Lattice = {
    min: permuted(lattice.min),
    size: permuted(lattice.size),
    price: permuted(lattice.price),
    budget: lattice.budget * (1 + BUDGET_ROUNDING),
  }
  return {
    space: {
      lattice: permutedLattice,
      program: {
        ...program,
        service: rowsOf(program.service, lines, bins),
        violation: rowsOf(program.violation, lines, bins),
        lineType: Int32Array.from(lines, (line) => order.indexOf(lineTypes[line])),
      },
    },
    restore: (rows: RankColumns): Rank[] =>
      ranksOf(rows)
        .map(({ bound, number }) => {
          const counts = new Array<number>(order.length)
          countsAt(permutedLattice, number).forEach((count, i) => {
            counts[order[i]] = count
          })
          return { bound, cost: costOf(lattice, counts), number: numberOf(lattice, counts) }
        })
        .filter((row) => row.cost <= lattice.budget),
  }
}

/** Rows without repetitions. */
export function distinct(ranks: readonly Rank[]): Rank[] {
  return [...new Map(ranks.map((rank) => [rank.number, rank])).values()]
}
