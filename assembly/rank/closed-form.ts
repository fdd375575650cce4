// The published closed-form estimate (Kairos, HPDC'23) along one run of a lattice.
//
// For a fixed set of types in use it is the minimum of two linear functions of the counts:
//
//   busy   the base serves only large queries:         n_b Q_b / (1 - τ)
//   split  the auxiliaries serve their share, the base the rest:   n_b Q_b + (τ / f) Σ n_t Q_t(s)
//
// which is the published expression with its branch resolved: need >= n_b G holds exactly when busy <= split.
//
// Form block (f64 words; T types, C cutoffs):
//
//   Q_b | f[T] | τ[T] | rank of s[T] | Q_t(s)[C][T]
//
// Line block (f64 words): the two functions of the last count n along a run,
//   busy = busy0 + n busy1,  split = (split0 + n split1) + (rates + n rate) weight
//
// weight, τ, f and Q_b / (1 - τ), the last three words, depend on the types in use only and are kept

import { countOf, cutoffBefore, larger, smallBefore, smaller, sumRates, timeBefore } from './lattice'

export const LINE_BYTES: usize = 8 * 10

/** Before the first `layLine`. */
export function startLine(linePtr: usize): void {
  store<f64>(linePtr, NaN, 56)
  store<f64>(linePtr, NaN, 64)
}

export function weightOf(linePtr: usize): f64 {
  return load<f64>(linePtr, 48)
}

/** Q_b / (1 - τ), or Infinity without auxiliaries. */
export function busyRateOf(linePtr: usize): f64 {
  return load<f64>(linePtr, 72)
}

/** Lays the line of the current run: for no instance of the last type (`lone`), or for one and more. */
export function layLine(
  linePtr: usize,
  walkPtr: usize,
  formPtr: usize,
  types: i32,
  base: i32,
  lone: bool,
): void {
  const last = types - 1
  const baseRate = load<f64>(formPtr)
  let small = smallBefore(walkPtr, last)
  let time = timeBefore(walkPtr, last)
  let cutoff = cutoffBefore(walkPtr, last)
  if (!lone && last != base) {
    const own = formPtr + 8 * (last as usize)
    small = larger(small, load<f64>(own, 8))
    time = larger(time, load<f64>(own + 8 * (types as usize), 8))
    cutoff = larger(cutoff, load<f64>(own + 16 * (types as usize), 8))
  }
  const alone = cutoff < 0
  // two divisions, needed only when the types in use change
  if (load<f64>(linePtr, 56) != time || load<f64>(linePtr, 64) != small) {
    store<f64>(linePtr, time, 56)
    store<f64>(linePtr, small, 64)
    store<f64>(linePtr, alone ? Infinity : baseRate / (1 - time), 72)
    store<f64>(linePtr, alone ? 0 : time / small, 48)
  }
  const busyRate = load<f64>(linePtr, 72)
  const bases: f64 = base == last ? 0 : countOf(walkPtr, base)
  store<f64>(linePtr, bases > 0 ? bases * busyRate : 0)
  store<f64>(linePtr, base == last ? busyRate : 0, 8)
  store<f64>(linePtr, bases * baseRate, 16)
  store<f64>(linePtr, base == last ? baseRate : 0, 24)
  store<f64>(linePtr, sumRates(walkPtr, formPtr, types, base, cutoff, lone), 32)
  const rate = formPtr + 8 * ((1 + 3 * types + (cutoff as i32) * types + last) as usize)
  store<f64>(linePtr, alone || base == last ? 0 : load<f64>(rate), 40)
}

/** The bound at a count of 1 or more. */
export function boundAt(linePtr: usize, count: f64): f64 {
  const busy = load<f64>(linePtr) + count * load<f64>(linePtr, 8)
  const split =
    load<f64>(linePtr, 16) +
    count * load<f64>(linePtr, 24) +
    (load<f64>(linePtr, 32) + count * load<f64>(linePtr, 40)) * load<f64>(linePtr, 48)
  return smaller(busy, split)
}

/** The bound at a count of 0, from the lone line. */
export function boundAtZero(linePtr: usize): f64 {
  return smaller(load<f64>(linePtr), load<f64>(linePtr, 16) + load<f64>(linePtr, 32) * load<f64>(linePtr, 48))
}

/** Writes the bounds at the counts `first`, `first + 1`, ... of a run of `length`. */
export function writeBounds(linePtr: usize, first: f64, length: i32, outPtr: usize): void {
  // lanes are neighbouring counts:   | n | n + 1 |   four pairs a turn
  const busy0 = v128.splat<f64>(load<f64>(linePtr))
  const busy1 = v128.splat<f64>(load<f64>(linePtr, 8))
  const split0 = v128.splat<f64>(load<f64>(linePtr, 16))
  const split1 = v128.splat<f64>(load<f64>(linePtr, 24))
  const rates = v128.splat<f64>(load<f64>(linePtr, 32))
  const rate = v128.splat<f64>(load<f64>(linePtr, 40))
  const weight = v128.splat<f64>(load<f64>(linePtr, 48))
  const two = v128.splat<f64>(2)
  let n = f64x2.replace_lane(v128.splat<f64>(first), 1, first + 1)
  let at = outPtr
  const end = outPtr + 8 * ((length & ~1) as usize)
  if (load<f64>(linePtr, 8) == 0 && load<f64>(linePtr, 24) == 0) {
    const end8 = outPtr + 8 * ((length & ~7) as usize)
    for (; at < end8; at += 64) {
      const n1 = f64x2.add(n, two)
      const n2 = f64x2.add(n1, two)
      const n3 = f64x2.add(n2, two)
      v128.store(at, ramp(busy0, split0, rates, rate, weight, n), 0)
      v128.store(at, ramp(busy0, split0, rates, rate, weight, n1), 16)
      v128.store(at, ramp(busy0, split0, rates, rate, weight, n2), 32)
      v128.store(at, ramp(busy0, split0, rates, rate, weight, n3), 48)
      n = f64x2.add(n3, two)
    }
  }
  for (; at < end; at += 16) {
    const busy = f64x2.add(busy0, f64x2.mul(n, busy1))
    const split = f64x2.add(split0, f64x2.mul(n, split1))
    v128.store(at, ramp(busy, split, rates, rate, weight, n))
    n = f64x2.add(n, two)
  }
  if (length & 1) store<f64>(at, boundAt(linePtr, first + ((length - 1) as f64)))
}

// pmin(a, b) is b < a ? b : a, one instruction on x64; no operand is NaN
function ramp(busy: v128, split: v128, rates: v128, rate: v128, weight: v128, n: v128): v128 {
  return f64x2.pmin(busy, f64x2.add(split, f64x2.mul(f64x2.add(rates, f64x2.mul(n, rate)), weight)))
}
