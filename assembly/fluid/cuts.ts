// The last dual solutions of a walk: each bounds every configuration, λ <= Σ n_t u_t, whatever it was found
// for.
//
// Pool block (f64 words; D slots):
//
//   used | rank[D] | price[D][16] | sum before the run[D] | type by price per dollar[D][16] | part[16]
//
// rank holds slots, the one that ruled out most lately first: a slot that rules something out moves a place
// to the front, and a new dual takes the last place.

import { FluidWork } from '../layout/fluid-work'
import { Lattice, Walk } from '../layout/lattice'
import { vectorAt } from '../layout/vector'
import { smaller } from '../rank/extremes'
import { writePrices } from './prices'

export function words(count: i32): usize {
  return 8 * (count as usize)
}

/** Dual solutions that are kept. */
const POOL: i32 = 24

/** What a bound by prices may be too small by, relatively: rounding. */
const MARGIN: f64 = 1e-11

/** Parts of an instance below this are crumbs. */
const CRUMB: f64 = 1e-6

const RANK: usize = 8
const PRICES: usize = RANK + 8 * 24
const SUMS: usize = PRICES + 8 * 16 * 24
const ORDER: usize = SUMS + 8 * 24
const PART: usize = ORDER + 8 * 16 * 24
export const POOL_BYTES: usize = PART + 8 * 16

export function startPool(poolPtr: usize): void {
  store<f64>(poolPtr, 0)
}

/** The counts of the last `fill`, which need not be whole. */
export function partPtr(poolPtr: usize): usize {
  return poolPtr + PART
}

/** Takes in the prices of what was solved last. */
export function addDual(types: i32, lattice: Lattice, walk: Walk, poolPtr: usize, fluid: FluidWork): void {
  const used = load<f64>(poolPtr) as i32
  let slot = used
  if (used < POOL) store<f64>(poolPtr, (used + 1) as f64)
  else slot = rankAt(poolPtr, POOL - 1)
  // one step up at a time would leave it where the next one overwrites it
  const place = used >> 1
  for (let i = smaller(used as f64, (POOL - 1) as f64) as i32; i > place; i--)
    setRank(poolPtr, i, rankAt(poolPtr, i - 1))
  setRank(poolPtr, place, slot)
  const prices = pricesOf(poolPtr, slot)
  writePrices(fluid, vectorAt<f64>(prices))
  sumOne(types, walk, poolPtr, slot)
  const order = poolPtr + ORDER + words(16 * slot)
  for (let t = 0; t < types; t++) {
    const gain = load<f64>(prices + words(t)) / lattice.price[t]
    let i = t
    for (; i > 0; i--) {
      const other = load<f64>(order + words(i - 1)) as i32
      if (load<f64>(prices + words(other)) / lattice.price[other] >= gain) break
      store<f64>(order + words(i), other as f64)
    }
    store<f64>(order + words(i), t as f64)
  }
}

/** Σ n_t u_t over the types before the last, for every dual of the pool. */
export function sumPool(types: i32, walk: Walk, poolPtr: usize): void {
  const used = load<f64>(poolPtr) as i32
  for (let slot = 0; slot < used; slot++) sumOne(types, walk, poolPtr, slot)
}

/** Whether a bound of `threshold` is possible with `n` of the last type, for all that the pool says. */
export function reaches(types: i32, poolPtr: usize, n: f64, threshold: f64): bool {
  const used = load<f64>(poolPtr) as i32
  for (let i = 0; i < used; i++) {
    const slot = rankAt(poolPtr, i)
    const sum =
      load<f64>(poolPtr + words(slot), SUMS) + n * load<f64>(pricesOf(poolPtr, slot) + words(types - 1))
    if (sum * (1 + MARGIN) >= threshold) continue
    promote(poolPtr, i)
    return false
  }
  return true
}

/**
 * The least bound, over the pool, of all configurations with the current counts up to `axis`, whatever the
 * budget `left` buys of the other types; less than `threshold` as soon as that is shown.
 */
export function ceilingOf(
  types: i32,
  lattice: Lattice,
  walk: Walk,
  poolPtr: usize,
  axis: i32,
  left: f64,
  threshold: f64,
): f64 {
  const used = load<f64>(poolPtr) as i32
  let least: f64 = Infinity
  let tightest = -1
  for (let i = 0; i < used; i++) {
    const slot = rankAt(poolPtr, i)
    const prices = pricesOf(poolPtr, slot)
    let sum: f64 = 0
    for (let t = 0; t <= axis; t++) sum += walk.count[t] * load<f64>(prices + words(t))
    sum = (sum + fill(types, lattice, poolPtr, slot, axis, left, false)) * (1 + MARGIN)
    if (sum < threshold) {
      promote(poolPtr, i)
      return sum
    }
    if (sum < least) {
      least = sum
      tightest = slot
    }
  }
  if (tightest >= 0) fill(types, lattice, poolPtr, tightest, axis, left, true)
  else {
    // without a dual the budget goes to all types in equal shares
    for (let t = axis + 1; t < types; t++) {
      const share = left / ((types - axis - 1) as f64) / lattice.price[t]
      store<f64>(poolPtr + words(t), leastOf(lattice, t) + smaller(room(lattice, t), share), PART)
    }
  }
  for (let t = 0; t <= axis; t++) store<f64>(poolPtr + words(t), walk.count[t], PART)
  return least
}

/** The most that a budget buys of the types behind `axis` at the prices of a slot: in parts, best value first. */
function fill(
  types: i32,
  lattice: Lattice,
  poolPtr: usize,
  slot: i32,
  axis: i32,
  left: f64,
  keep: bool,
): f64 {
  const prices = pricesOf(poolPtr, slot)
  const order = poolPtr + ORDER + words(16 * slot)
  let rest = left
  let sum: f64 = 0
  for (let i = 0; i < types; i++) {
    const t = load<f64>(order + words(i)) as i32
    if (t <= axis) continue
    const cost = lattice.price[t]
    let more = smaller(room(lattice, t), rest / cost)
    rest -= more * cost
    // crumbs would be instances so small that they only disturb the solver; they count, but are not kept
    if (more < CRUMB) {
      sum += more * load<f64>(prices + words(t))
      more = 0
    }
    const count = leastOf(lattice, t) + more
    sum += count * load<f64>(prices + words(t))
    if (keep) store<f64>(poolPtr + words(t), count, PART)
  }
  return sum
}

function room(lattice: Lattice, axis: i32): f64 {
  return lattice.size[axis] - 1
}

function leastOf(lattice: Lattice, axis: i32): f64 {
  return lattice.min[axis]
}

function sumOne(types: i32, walk: Walk, poolPtr: usize, slot: i32): void {
  const prices = pricesOf(poolPtr, slot)
  let sum: f64 = 0
  for (let t = 0; t < types - 1; t++) sum += walk.count[t] * load<f64>(prices + words(t))
  store<f64>(poolPtr + words(slot), sum, SUMS)
}

function pricesOf(poolPtr: usize, slot: i32): usize {
  return poolPtr + PRICES + words(16 * slot)
}

function rankAt(poolPtr: usize, place: i32): i32 {
  return load<f64>(poolPtr + words(place), RANK) as i32
}

function setRank(poolPtr: usize, place: i32, slot: i32): void {
  store<f64>(poolPtr + words(place), slot as f64, RANK)
}

function promote(poolPtr: usize, place: i32): void {
  if (place == 0) return
  const slot = rankAt(poolPtr, place)
  setRank(poolPtr, place, rankAt(poolPtr, place - 1))
  setRank(poolPtr, place - 1, slot)
}
