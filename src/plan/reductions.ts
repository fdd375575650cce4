import { nextCounts, stridesOf } from '../kernel/lattice.ts'
import { firstIndex } from '../model/first-index.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import { costOfStart } from './costs.ts'
import { countRanges, largestWithOneLess } from './lattice.ts'

/** Capacities that one more instance never lowers. */
interface MonotoneCapacity {
  /** By position; -1 for configurations that may not run. */
  readonly capacity: Float64Array
  /** `capacityWithOneLess` of it, computed once: it does not depend on the rates. */
  readonly oneLess: Float64Array
}

/**
 * Largest counts that an optimal plan can have in each window, W x T. They are exact: the plan of least cost, fewest
 * starts and least counts stays within them (tests compare them with the full program).
 *
 * Capacity grows with the counts, prices are above 0, and every subset of a configuration within the budget is within
 * it. So an instance that no minimal feasible configuration of its window has runs there only because it is needed
 * later, or was needed before. Keeping it for k = floor(start cost / cost of a window) + 1 windows costs more than
 * starting it again. With u(w) the largest count of the type in a minimal feasible configuration of window w:
 *
 *   n_w <= min(max u over w .. w + k − 1, max u over w − k + 1 .. w)
 *
 * The counts that run before the first window count as u(−1). In a cycle the windows wrap around.
 */
export function upperCounts(input: PlanInput, capacity: MonotoneCapacity): Int32Array {
  const { types, windowS, rateQps, initial, cyclic } = input
  const windows = rateQps.length
  const upper = new Int32Array(windows * types.length)
  const needed = largestMinimalCounts(input, capacity)
  types.forEach((type, t) => {
    const { pricePerHour, max } = type
    const windowCost = (pricePerHour * windowS) / 3600
    // a quotient that rounds down to a whole number would rule out a tie
    const keep = Math.min(windows, Math.floor((costOfStart(type) / windowCost) * (1 + 1e-12)) + 1)
    const at = (w: number) => {
      if (cyclic) return needed[((w + windows) % windows) * types.length + t]
      if (w < 0) return w === -1 ? (initial?.[t] ?? 0) : 0
      return w < windows ? needed[w * types.length + t] : 0
    }
    const ahead = slidingMaximum(windows + keep, keep, (i) => at(i))
    const behind = slidingMaximum(windows + keep, keep, (i) => at(i - keep + 1))
    for (let w = 0; w < windows; w++) {
      const most = Math.min(ahead[w + keep - 1], behind[w + keep - 1])
      upper[w * types.length + t] = Math.min(max, most)
    }
  })
  return upper
}

/** Maxima of the last `width` of the values 0 .. count - 1, by position of the last one. */
function slidingMaximum(count: number, width: number, value: (i: number) => number): Float64Array {
  const values = Float64Array.from({ length: count }, (_, i) => value(i))
  const maximum = new Float64Array(count)
  const queue = new Int32Array(count)
  let head = 0
  let tail = 0
  for (let i = 0; i < count; i++) {
    while (tail > head && values[queue[tail - 1]] <= values[i]) tail--
    queue[tail++] = i
    if (queue[head] <= i - width) head++
    maximum[i] = values[queue[head]]
  }
  return maximum
}

/**
 * By position: the largest capacity of a configuration with one instance less. A configuration is minimal for the rates
 * above it, up to its own capacity.
 *
 * @param capacity monotone, -1 for configurations that may not run
 */
export function capacityWithOneLess(types: PlanInput['types'], capacity: Float64Array): Float64Array {
  const ranges = countRanges(types)
  const strides = stridesOf(ranges)
  const counts = types.map(() => 0)
  return capacity.map((_, n) => {
    const most = largestWithOneLess(capacity, n, counts, strides)
    nextCounts(ranges, counts)
    return most
  })
}

/**
 * The largest count of each type among the minimal feasible configurations of each window, W x T. Each configuration is
 * minimal for an interval of rates. Intervals are laid over the sorted rates from the largest count down.
 */
function largestMinimalCounts(
  { types, rateQps }: PlanInput,
  { capacity, oneLess }: MonotoneCapacity,
): Int32Array {
  const order = Array.from(rateQps.keys()).sort((a, b) => rateQps[a] - rateQps[b])
  const rates = Float64Array.from(order, (w) => rateQps[w])
  const strides = stridesOf(countRanges(types))
  const minimal: { readonly at: number; readonly from: number; readonly to: number }[] = []
  for (let at = 0; at < capacity.length; at++) {
    if (capacity[at] < rates[0] || oneLess[at] >= rates[rates.length - 1]) continue
    const from = countUpTo(rates, oneLess[at])
    const to = countUpTo(rates, capacity[at])
    if (to > from) minimal.push({ at, from, to })
  }
  const largest = new Int32Array(rateQps.length * types.length)
  types.forEach(({ max }, t) => {
    const byCount: (typeof minimal)[] = Array.from({ length: max + 1 }, () => [])
    for (const each of minimal) byCount[Math.floor(each.at / strides[t]) % (max + 1)].push(each)
    const nextFree = Int32Array.from({ length: rates.length + 1 }, (_, i) => i)
    const free = (i: number): number => {
      let at = i
      while (nextFree[at] !== at) {
        nextFree[at] = nextFree[nextFree[at]]
        at = nextFree[at]
      }
      return at
    }
    for (let count = max; count > 0; count--) {
      for (const { from, to } of byCount[count]) {
        for (let i = free(from); i < to; i = free(i)) {
          largest[order[i] * types.length + t] = count
          nextFree[i] = i + 1
        }
      }
    }
  })
  return largest
}

/** How many of the sorted rates are at most `rate`. */
function countUpTo(rates: Float64Array, rate: number): number {
  return firstIndex(rates.length, (i) => rates[i] > rate)
}
