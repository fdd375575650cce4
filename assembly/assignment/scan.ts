// The scans of a matching: everything in it that runs over many columns, two lanes at a time. Lanes are
// columns; only minima and maxima go across them, so the order of scanning never shows in a result.
// pmin(a, b) is b < a ? b : a and pmax(a, b) is a < b ? b : a, one instruction each; where b is NaN, a stays.

/** Columns whose minima are kept as one pair, that of the even and that of the odd ones. */
export const BLOCK: i32 = 32

export function pairsOf(cols: i32): i32 {
  return (cols + BLOCK - 1) / BLOCK
}

/**
 * The smallest of the costs of a row over the open columns, with the smallest of each block at `pairsPtr`.
 * `shutPtr` holds 0 for open columns, -Infinity for the others and for the padding to a multiple of 4.
 */
export function openMinimum(rowPtr: usize, shutPtr: usize, cols: i32, pairsPtr: usize): f64 {
  const pairs = pairsOf(cols)
  let lowest = v128.splat<f64>(Infinity)
  for (let b = 0; b < pairs; b++) {
    const pair = blockMinimum(rowPtr, shutPtr, cols, b)
    v128.store(pairsPtr + 16 * (b as usize), pair)
    lowest = f64x2.pmin(lowest, pair)
  }
  return smallerLane(lowest)
}

/** The smallest costs of one block over the open columns. */
export function blockMinimum(rowPtr: usize, shutPtr: usize, cols: i32, block: i32): v128 {
  let at: usize = 8 * ((block * BLOCK) as usize)
  const end: usize = 8 * (min(block * BLOCK + BLOCK, (cols + 3) & ~3) as usize)
  let even = v128.splat<f64>(Infinity)
  let odd = even
  for (; at < end; at += 32) {
    even = f64x2.pmin(even, f64x2.sub(v128.load(rowPtr + at), v128.load(shutPtr + at)))
    odd = f64x2.pmin(odd, f64x2.sub(v128.load(rowPtr + at, 16), v128.load(shutPtr + at, 16)))
  }
  return f64x2.pmin(even, odd)
}

/** The first open column from `from` on that is at a distance over a row; `cols` if there is none. */
export function openAt(
  rowPtr: usize,
  shutPtr: usize,
  pairsPtr: usize,
  cols: i32,
  from: i32,
  least: f64,
  potential: f64,
  distance: f64,
): i32 {
  const leasts = v128.splat<f64>(least)
  const u = v128.splat<f64>(potential)
  const wanted = v128.splat<f64>(distance)
  let j = from & ~1
  while (j < cols) {
    const pair = v128.load(pairsPtr + 16 * ((j / BLOCK) as usize))
    const behind = min((j & ~(BLOCK - 1)) + BLOCK, cols)
    const bound = f64x2.sub(f64x2.add(leasts, pair), u)
    // an old minimum is a bound: a block above the distance holds nothing at it
    if (!v128.any_true(f64x2.le(bound, wanted))) j = behind
    for (; j < behind; j += 2) {
      const at: usize = 8 * (j as usize)
      const open = f64x2.sub(v128.load(rowPtr + at), v128.load(shutPtr + at))
      const equal = i64x2.bitmask(f64x2.eq(f64x2.sub(f64x2.add(leasts, open), u), wanted))
      if (equal & 1 && j >= from) return j
      if (equal & 2) return j + 1
    }
  }
  return cols
}

/** The smallest of `pairs` pairs. */
export function pairsMinimum(pairsPtr: usize, pairs: i32): f64 {
  let lowest = v128.splat<f64>(Infinity)
  const end: usize = pairsPtr + 16 * (pairs as usize)
  for (let at = pairsPtr; at < end; at += 16) lowest = f64x2.pmin(lowest, v128.load(at))
  return smallerLane(lowest)
}

/** The first of the pairs that holds `value`. */
export function pairWith(pairsPtr: usize, value: f64): i32 {
  const wanted = v128.splat<f64>(value)
  let b = 0
  while (!v128.any_true(f64x2.eq(v128.load(pairsPtr + 16 * (b as usize)), wanted))) b++
  return b
}

/**
 * Lays the distances of the matched columns, cost - v, from a row without potential; the smallest of them.
 * Arrays are padded to a multiple of 4 by v = -Infinity.
 */
export function layDistances(packedPtr: usize, vPtr: usize, distancePtr: usize, count: i32): f64 {
  let low = v128.splat<f64>(Infinity)
  const end: usize = 8 * (((count + 3) & ~3) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const d0 = f64x2.sub(v128.load(packedPtr + at), v128.load(vPtr + at))
    const d1 = f64x2.sub(v128.load(packedPtr + at, 16), v128.load(vPtr + at, 16))
    v128.store(distancePtr + at, d0)
    v128.store(distancePtr + at, d1, 16)
    low = f64x2.pmin(f64x2.pmin(low, d0), d1)
  }
  return smallerLane(low)
}

/** Shortens the distances by the paths over a row, ((least + cost) - u) - v; the smallest of them. */
export function shortenDistances(
  packedPtr: usize,
  vPtr: usize,
  distancePtr: usize,
  count: i32,
  least: f64,
  potential: f64,
): f64 {
  const leasts = v128.splat<f64>(least)
  const u = v128.splat<f64>(potential)
  let low0 = v128.splat<f64>(Infinity)
  let low1 = low0
  const end: usize = 8 * (((count + 3) & ~3) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const over0 = f64x2.sub(f64x2.add(leasts, v128.load(packedPtr + at)), u)
    const over1 = f64x2.sub(f64x2.add(leasts, v128.load(packedPtr + at, 16)), u)
    const d0 = f64x2.pmin(v128.load(distancePtr + at), f64x2.sub(over0, v128.load(vPtr + at)))
    const d1 = f64x2.pmin(v128.load(distancePtr + at, 16), f64x2.sub(over1, v128.load(vPtr + at, 16)))
    v128.store(distancePtr + at, d0)
    v128.store(distancePtr + at, d1, 16)
    low0 = f64x2.pmin(low0, d0)
    low1 = f64x2.pmin(low1, d1)
  }
  return smallerLane(f64x2.pmin(low0, low1))
}

/** The bits of the largest seat among the matched columns at distance `least`; there is one. */
export function lastSeat(distancePtr: usize, seatsPtr: usize, count: i32, least: f64): u64 {
  const wanted = v128.splat<f64>(least)
  let best0 = v128.splat<f64>(0)
  let best1 = best0
  const end: usize = 8 * (((count + 3) & ~3) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const equal0 = f64x2.eq(v128.load(distancePtr + at), wanted)
    const equal1 = f64x2.eq(v128.load(distancePtr + at, 16), wanted)
    best0 = f64x2.pmax(best0, v128.and(equal0, v128.load(seatsPtr + at)))
    best1 = f64x2.pmax(best1, v128.and(equal1, v128.load(seatsPtr + at, 16)))
  }
  const best = f64x2.pmax(best0, best1)
  const other = v128.shuffle<f64>(best, best, 1, 0)
  return i64x2.extract_lane(f64x2.pmax(best, other), 0)
}

/** The position of the first of the smallest of a row. */
export function firstMinimum(rowPtr: usize, cols: i32): i32 {
  const even: usize = 8 * ((cols & ~1) as usize)
  let low0 = v128.splat<f64>(Infinity)
  let low1 = low0
  let at: usize = 0
  for (const end = even & ~31; at < end; at += 32) {
    low0 = f64x2.pmin(low0, v128.load(rowPtr + at))
    low1 = f64x2.pmin(low1, v128.load(rowPtr + at, 16))
  }
  for (; at < even; at += 16) low0 = f64x2.pmin(low0, v128.load(rowPtr + at))
  let least = smallerLane(f64x2.pmin(low0, low1))
  if (cols & 1) least = min(least, load<f64>(rowPtr + even))
  const wanted = v128.splat<f64>(least)
  for (at = 0; at < even; at += 16) {
    const equal = i64x2.bitmask(f64x2.eq(v128.load(rowPtr + at), wanted))
    if (equal) return ((at >> 3) as i32) + ctz(equal)
  }
  return cols - 1
}

export function smallerLane(pair: v128): f64 {
  const a = f64x2.extract_lane(pair, 0)
  const b = f64x2.extract_lane(pair, 1)
  return b < a ? b : a
}
