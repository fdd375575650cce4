// Where the solver starts from: what a support can do at all, and a first basis for it.
//
// The first basis is dual feasible and cheap: the first type owns every bin that it may serve; every further
// one comes in at the highest price at which it undercuts nobody, so it ties with the owner of one bin.

import {
  basisAt,
  basisCount,
  basisOf,
  costsPtr,
  programOf,
  ROW_ROUGH_SERVICE,
  ROW_ROUGH_VIOLATION,
  ROW_SERVICE,
  ROW_SHARERS,
  ROW_VIOLATION,
  rowPtr,
  setBasis,
  supportPtr,
} from '../layout/fluid'
import {
  barredRow,
  clearLoad,
  give,
  isTight,
  roughBarredRow,
  service,
  setElement,
  setSupport,
  setTie,
  setType,
  sharersRow,
  supportOf,
  typeOf,
  usedTypes,
  violation,
} from './basis'
import { invert } from './inverse'
import {
  binsOf,
  epsilonOf,
  GRID,
  roughRow,
  rowBytesOf,
  serviceRow,
  typesOf,
  units,
  violationRow,
  words,
} from './program'

export const LOOSE: i32 = 1
export const TIGHT: i32 = 2
export const INFEASIBLE: i32 = 3

/** Violation budgets and violations that differ by less are equal: rounding of the tables. */
const EQUAL: f64 = 1e-12

/** LOOSE, TIGHT or INFEASIBLE: how the violations of the most careful routing compare with the budget. */
export function classOf(workPtr: usize, support: i32): i32 {
  const at = supportPtr(workPtr, support)
  const known = load<u8>(at) as i32
  if (known != 0) return known
  const programPtr = programOf(workPtr)
  let sum: i64 = 0
  for (let k = 0; k < binsOf(programPtr); k++) sum += units(leastViolation(programPtr, support, k))
  const spare = ((units(epsilonOf(programPtr)) - sum) as f64) / GRID
  const found = spare > EQUAL ? LOOSE : spare >= -EQUAL ? TIGHT : INFEASIBLE
  store<u8>(at, found as u8)
  return found
}

export function leastViolation(programPtr: usize, support: i32, bin: i32): f64 {
  let least = Infinity
  for (let t = 0; t < typesOf(programPtr); t++) {
    if (!((support >> t) & 1)) continue
    least = Math.min(least, load<f64>(violationRow(programPtr, t) + words(bin)))
  }
  return least
}

/** Takes the basis of a support into use, a first one where none is kept. */
export function openBasis(workPtr: usize, support: i32, tight: bool): void {
  const basisPtr = basisAt(workPtr, support % basisCount(workPtr))
  setBasis(workPtr, basisPtr)
  const kept = supportOf(basisPtr) == support
  if (!kept) layTypes(workPtr, support, tight)
  layRows(workPtr)
  if (!kept) firstBasis(workPtr)
}

function layTypes(workPtr: usize, support: i32, tight: bool): void {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  let types = 0
  for (let t = 0; t < typesOf(programPtr); t++) {
    if ((support >> t) & 1) setType(basisPtr, types++, t)
  }
  setSupport(basisPtr, support, types, tight)
  if (!tight) return
  const row = rowBytesOf(programPtr)
  memory.fill(barredRow(basisPtr, row, 0), 0, row * (types as usize))
  memory.fill(roughBarredRow(basisPtr, row, 0), 0, (row / 2) * (types as usize))
  for (let k = 0; k < binsOf(programPtr); k++) {
    const least = leastViolation(programPtr, support, k)
    for (let i = 0; i < types; i++) {
      const more = load<f64>(violationRow(programPtr, typeOf(basisPtr, i)) + words(k)) - least
      if (more <= EQUAL) continue
      store<f64>(barredRow(basisPtr, row, i) + words(k), 1)
      store<f32>(roughBarredRow(basisPtr, row, i) + words(k) / 2, 1)
    }
  }
}

function layRows(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  const row = rowBytesOf(programPtr)
  for (let i = 0; i < usedTypes(basisPtr); i++) {
    const type = typeOf(basisPtr, i)
    const tight = isTight(basisPtr)
    const violations = tight ? barredRow(basisPtr, row, i) : violationRow(programPtr, type)
    const rough = tight ? roughBarredRow(basisPtr, row, i) : roughRow(programPtr, typesOf(programPtr) + type)
    const at = rowPtr(workPtr, i)
    store<usize>(at, serviceRow(programPtr, type), ROW_SERVICE)
    store<usize>(at, violations, ROW_VIOLATION)
    store<usize>(at, sharersRow(basisPtr, row, i), ROW_SHARERS)
    store<usize>(at, roughRow(programPtr, type), ROW_ROUGH_SERVICE)
    store<usize>(at, rough, ROW_ROUGH_VIOLATION)
  }
}

/** Lays the first basis over whatever the block held. */
export function firstBasis(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  const types = usedTypes(basisPtr)
  const bins = binsOf(programPtr)
  const tight = isTight(basisPtr)
  const row = rowBytesOf(programPtr)
  const costs = costsPtr(workPtr)
  clearLoad(workPtr)
  memory.fill(sharersRow(basisPtr, row, 0), 0, (row / 2) * (types as usize))
  for (let k = 0; k < bins; k++) store<f64>(costs + words(k), Infinity)
  setElement(basisPtr, 0, -1, types)
  let elements = 1
  let started = false
  for (let i = 0; i < types; i++) {
    let price: f64 = started ? 0 : 1
    let tied = -1
    let open = 0
    for (let k = 0; k < bins; k++) {
      if (tight && violation(workPtr, i, k) != 0) continue
      const cost = load<f64>(costs + words(k))
      if (cost == Infinity) open++
      else if (cost > price * service(workPtr, i, k)) {
        price = cost / service(workPtr, i, k)
        tied = k
      }
    }
    // the first type that can serve anything sets the scale; before it, and where bins are held by types
    // that share none with this one, its time is free
    if (started || open == 0) {
      if (tied >= 0) setTie(workPtr, elements++, tied, i)
      else setElement(basisPtr, elements++, -1, i)
      if (!started) continue
    }
    started = true
    for (let k = 0; k < bins; k++) {
      const cost = costs + words(k)
      if (load<f64>(cost) < Infinity || (tight && violation(workPtr, i, k) != 0)) continue
      store<f64>(cost, service(workPtr, i, k) * price)
      give(workPtr, k, i)
    }
  }
  invert(workPtr)
}
