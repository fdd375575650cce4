// The fluid bounds of a list of configurations, and the routing of one.

import { basisAt, basisCount, countsPtr, flowsPtr, layWork, workBytes } from '../layout/fluid'
import { forget } from './basis'
import { STUCK, solve, UNBOUNDED } from './dual-simplex'
import { writePrices, writeShares } from './prices'
import { layProgram, programBytes, scaleOf, words } from './program'
import { boundOf } from './refine'
import { classOf, INFEASIBLE, openBasis, TIGHT } from './start'

/** Bytes of work space for programs of this size, with so many bases kept. */
export function fluidWorkBytes(types: i32, bins: i32, bases: i32): i32 {
  return workBytes(types, bins, bases) as i32
}

/**
 * Writes N bounds, N x T prices and N violation prices to `outPtr`, for the N x T counts at `countsPtr` (f64).
 * The program is the raw block of fluid-program.ts.
 */
export function fluidBounds(
  types: i32,
  bins: i32,
  rawPtr: usize,
  bases: i32,
  workSpacePtr: usize,
  rows: i32,
  countsAt: usize,
  outPtr: usize,
): void {
  const workPtr = startFluid(types, bins, rawPtr, bases, workSpacePtr)
  const priceOut = outPtr + words(rows)
  const violationOut = priceOut + words(rows * types)
  memory.fill(outPtr, 0, words(rows * (types + 2)))
  for (let i = 0; i < rows; i++) {
    const counts = countsAt + words(i * types)
    if (!optimise(workPtr, workSpacePtr, types, counts, false)) continue
    store<f64>(outPtr + words(i), boundOf(workPtr))
    store<f64>(violationOut + words(i), writePrices(workPtr, priceOut + words(i * types)))
  }
}

/** Writes the bound, T prices, the violation price and T x K shares to `outPtr`; zeros where infeasible. */
export function fluidRouting(
  types: i32,
  bins: i32,
  rawPtr: usize,
  bases: i32,
  workSpacePtr: usize,
  countsAt: usize,
  outPtr: usize,
): void {
  const workPtr = startFluid(types, bins, rawPtr, bases, workSpacePtr)
  memory.fill(outPtr, 0, words(types * (bins + 1) + 2))
  if (!optimise(workPtr, workSpacePtr, types, countsAt, true)) return
  store<f64>(outPtr, boundOf(workPtr))
  const violationOut = outPtr + words(1 + types)
  store<f64>(violationOut, writePrices(workPtr, outPtr + 8))
  writeShares(workPtr, bins, violationOut + 8)
}

/** Lays program and work space, and returns the address of the latter. */
export function startFluid(types: i32, bins: i32, rawPtr: usize, bases: i32, workSpacePtr: usize): usize {
  const workPtr = workSpacePtr + programBytes(types, bins)
  layProgram(workSpacePtr, rawPtr, types, bins)
  layWork(workPtr, workSpacePtr, types, bins, bases)
  return workPtr
}

/**
 * Solves for T counts. False where no instance is there, or the percentile cannot be kept. Where the solver
 * gives up, which must not happen, the bound is NaN for the host to complain about.
 */
export function optimise(workPtr: usize, programPtr: usize, types: i32, countsAt: usize, cold: bool): bool {
  let support = 0
  let used = 0
  const counts = countsPtr(workPtr)
  for (let t = 0; t < types; t++) {
    const count = load<f64>(countsAt + words(t))
    if (count == 0) continue
    support |= 1 << t
    store<f64>(counts + words(used), count * scaleOf(programPtr, t))
    used++
  }
  // the violation row, and what pairs of lanes read behind it
  store<f64>(counts + words(used), 0)
  store<f64>(counts + words(used), 0, 8)
  if (support == 0) return false
  const found = classOf(workPtr, support)
  if (found == INFEASIBLE) return false
  if (cold) forget(basisAt(workPtr, support % basisCount(workPtr)))
  openBasis(workPtr, support, found == TIGHT)
  const end = solve(workPtr)
  if (end == STUCK) store<f64>(flowsPtr(workPtr), NaN)
  return end != UNBOUNDED
}
