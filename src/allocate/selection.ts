/**
 * The best rows of a whole lattice, range by range: on this thread, or on a pool where there is enough to
 * do. Ranges are merged by the total order, so the result does not depend on how they were cut.
 */
import type { FluidSelect, KernelName, LatticeSelect, Selection } from '../kernel/contract.ts'
import { loadKernel } from '../kernel/load.ts'
import { callingThread, openPool } from '../kernel/pool.ts'
import { KairosError } from '../model/errors.ts'

export interface SelectionSetting {
  readonly kernel: KernelName
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** Called with the number of configurations that are done. */
  readonly onProgress?: ((done: number) => void) | undefined
}

/** A selection by one of the bounds. */
export type SelectionQuery =
  | { readonly name: 'selectLattice'; readonly input: LatticeSelect }
  | { readonly name: 'selectFluid'; readonly input: FluidSelect }

/**
 * Configurations below which a pool takes longer to start than the scan takes, and those in a range: tens of
 * milliseconds of work, so that progress and Ctrl-C are prompt.
 */
const SIZES = {
  selectLattice: { pool: 1e8, range: 2 ** 24 },
  selectFluid: { pool: 2e7, range: 2 ** 22 },
} as const

/** Rows up to which a range may be small: each returns up to `limit` rows. */
const FEW_ROWS = 1e5

/**
 * @param query what to select, from the first to the last configuration of the lattice
 * @throws KairosError ABORTED
 */
export async function selectBest(query: SelectionQuery, setting: SelectionSetting): Promise<Selection> {
  const { from, to, limit, byCost } = query.input
  const sizes = SIZES[query.name]
  const { kernel, signal, onProgress } = setting
  const pooled = setting.threads > 1 && to - from >= sizes.pool
  const pieces = limit > FEW_ROWS ? (pooled ? setting.threads : 1) : Math.ceil((to - from) / sizes.range)
  const ranges = cut(from, to, pieces)
  let best: Selection | undefined
  let done = 0
  const take = (part: Selection, size: number) => {
    best = best ? mergeSelections(best, part, limit, byCost) : part
    done += size
    onProgress?.(done)
    refuseAborted(signal)
  }
  refuseAborted(signal)
  const pool = pooled ? await openPool(setting.threads, kernel) : callingThread(loadKernel(kernel))
  try {
    // each lane keeps one thread busy; they share the ranges that are left
    const lane = async () => {
      for (const range of ranges) {
        take(await pool.run(query.name, { ...query.input, ...range }), range.to - range.from)
      }
    }
    await Promise.all(Array.from({ length: pool.threads }, lane))
  } finally {
    await pool.close()
  }
  return best!
}

function* cut(from: number, to: number, pieces: number): Generator<{ from: number; to: number }> {
  const edge = (i: number) => from + Math.floor(((to - from) / pieces) * i)
  for (let i = 0; i < pieces; i++) yield { from: edge(i), to: i === pieces - 1 ? to : edge(i + 1) }
}

export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KairosError('ABORTED', 'the ranking was ended before it was done')
}

/** Two sorted selections as one, cut to `limit` rows. */
function mergeSelections(a: Selection, b: Selection, limit: number, byCost: boolean): Selection {
  const length = Math.min(limit, a.bound.length + b.bound.length)
  const bound = new Float64Array(length)
  const cost = new Float64Array(length)
  const number = new Float64Array(length)
  let i = 0
  let j = 0
  for (let row = 0; row < length; row++) {
    const left = j >= b.bound.length || (i < a.bound.length && comesFirst(a, i, b, j, byCost))
    const from = left ? a : b
    const at = left ? i++ : j++
    bound[row] = from.bound[at]
    cost[row] = from.cost[at]
    number[row] = from.number[at]
  }
  return {
    withinBudget: a.withinBudget + b.withinBudget,
    feasible: a.feasible + b.feasible,
    bound,
    cost,
    number,
  }
}

function comesFirst(a: Selection, i: number, b: Selection, j: number, byCost: boolean): boolean {
  if (a.bound[i] !== b.bound[j]) return a.bound[i] > b.bound[j]
  if (byCost && a.cost[i] !== b.cost[j]) return a.cost[i] < b.cost[j]
  return a.number[i] < b.number[j]
}
