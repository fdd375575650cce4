import type { Lattice } from '../../kernel/contract.ts'
import type { KernelPool } from '../../kernel/host.ts'
import { stridesOf } from '../../kernel/lattice.ts'
import { inLanes } from '../../kernel/pool.ts'
import type { EarlyEnd } from '../early-end.ts'
import { BUDGET_ROUNDING } from './lattice.ts'
import type { SelectSetting } from './setting.ts'

/** Consecutive configurations of a lattice, `to` excluded. */
export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Examines ranges, the first in any case, on the threads of a pool until an early end, and closes the pool.
 *
 * @returns how many configurations the ranges had
 * @throws the reason of an aborted signal
 */
export async function examine(
  pool: KernelPool,
  ranges: Iterable<Range>,
  { signal, onExamined, end }: SelectSetting,
  work: (range: Range) => Promise<void>,
): Promise<number> {
  let done = 0
  const lanes = inLanes(pool.threads, until(end, ranges), async (range) => {
    await work(range)
    done += range.to - range.from
    onExamined?.(done)
    signal?.throwIfAborted()
  })
  try {
    await end.race(refuseOnAbort(signal, lanes))
  } finally {
    await pool.close()
  }
  return done
}

/** Ranges until an early end; at least one. */
function* until(end: EarlyEnd, ranges: Iterable<Range>): Generator<Range> {
  for (const range of ranges) {
    yield range
    if (end.isDue()) return
  }
}

/** Waits for work on other threads, but not beyond the abort of a signal. @throws its reason then */
async function refuseOnAbort(signal: AbortSignal | undefined, work: Promise<unknown>): Promise<void> {
  let release = () => undefined as unknown
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    release = () => signal?.removeEventListener('abort', abort)
  })
  try {
    await Promise.race([work, aborted])
  } finally {
    release()
  }
}

/** Piece `i`, from 0, of a range that is divided into pieces of nearly equal length. */
export function pieceOf({ from, to }: Range, pieces: number, i: number): Range {
  const edge = (k: number) => (k === pieces ? to : from + Math.floor(((to - from) / pieces) * k))
  return { from: edge(i), to: edge(i + 1) }
}

/** Divides a range into pieces of nearly equal length. */
export function* divide(range: Range, pieces: number): Generator<Range> {
  for (let i = 0; i < pieces; i++) yield pieceOf(range, pieces, i)
}

/**
 * Divides a range, most of which is beyond the budget, into pieces with nearly equally many configurations within it.
 *
 * @param enough a piece ends with the run in which it reaches so many configurations within the budget
 */
export function* divideAffordable(lattice: Lattice, { from, to }: Range, enough: number): Generator<Range> {
  const { min, size, price, budget } = lattice
  const last = size.length - 1
  const strides = stridesOf(lattice)
  /** By type: what the smallest counts of all later types cost. */
  const laterCost = new Float64Array(size.length)
  for (let t = last - 1; t >= 0; t--) laterCost[t] = laterCost[t + 1] + min[t + 1] * price[t + 1]
  let start = from
  let held = 0

  function* visit(t: number, number: number, cost: number): Generator<Range> {
    for (let n = 0; n < size[t]; n++) {
      const first = number + n * strides[t]
      const spent = cost + (min[t] + n) * price[t]
      if (first >= to || spent + laterCost[t] > budget * (1 + BUDGET_ROUNDING)) return
      if (first + strides[t] <= from) continue
      if (t < last - 1) yield* visit(t + 1, first, spent)
      else {
        // a run of the last type, or a single configuration where there is no other
        held +=
          t === last ? 1 : Math.min(size[last], Math.floor((budget - spent) / price[last]) - min[last] + 1)
        if (held < enough) continue
        const end = Math.min(to, first + strides[t])
        yield { from: start, to: end }
        start = end
        held = 0
      }
    }
  }
  yield* visit(0, 0, 0)
  if (start < to) yield { from: start, to }
}
