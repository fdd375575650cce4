// The fluid program of one configuration, from its counts to an optimal basis.

import { RawProgram } from '../layout/fluid-program'
import { FluidWork, initFluidWork } from '../layout/fluid-work'
import { MOST_TIE_BINS } from '../layout/known-vertices'
import { Vector } from '../layout/vector'
import { maximise, UNSOLVED } from './dual-simplex'
import { addKnown, takeKnown } from './known-vertices'
import { buildProgram } from './program'
import { classOf, INFEASIBLE, openBasis, TIGHT } from './start'

/** Builds the program, and the work space behind it, at `address`. */
export function startFluid(address: usize, raw: RawProgram, bases: i32): FluidWork {
  const work = initFluidWork(address, raw.types, raw.lines, raw.bins, bases)
  work.program = buildProgram(address, raw)
  return work
}

/**
 * Maximises the throughput of a configuration, from the kept basis of its support if there is one. Returns false
 * if it has no instance, or cannot keep the percentile. If the solver gives up, the bound is NaN, and the host
 * reports it.
 */
export function optimise(work: FluidWork, counts: Vector<f64>): bool {
  const program = work.program
  const rightSide = work.rightSide
  let support = 0
  let used = 0
  for (let t = 0; t < program.types; t++) {
    if (counts[t] == 0) continue
    support |= 1 << t
    rightSide[used++] = counts[t] * program.scales[t]
  }
  // the violation row, and what completes the last SIMD lane
  rightSide[used] = 0
  rightSide[used + 1] = 0
  if (support == 0) return false
  const found = classOf(work, support)
  if (found == INFEASIBLE) return false
  openBasis(work, support, found == TIGHT)
  const knows = program.lines > program.types && found != TIGHT && program.bins <= MOST_TIE_BINS
  work.vertex = knows ? takeKnown(work) : -1
  if (work.vertex >= 0) return true
  if (maximise(work) == UNSOLVED) work.primal[0] = NaN
  else if (knows) work.vertex = addKnown(work)
  return true
}
