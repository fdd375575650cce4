// The data of the fluid program, in the form that the solver reads (layout/fluid-program.ts).
//
//   max λ over z >= 0:  Σ_t z_tk = λ for every bin k,  Σ_k p_k l_tk z_tk <= n_t for every type t,
//                       Σ_tk p_k v_tk z_tk <= ε λ
//
// z_tk is the flow of bin k to type t, divided by p_k. So the flow of every bin is λ, and the column of z_tk
// has two entries besides its bin: p_k l_tk in the row of the type, p_k v_tk in the row of the violation budget.
//
// The entries of a type's row are multiplied by a power of two, so that they sum to less than 1. Then every entry
// is rounded to a multiple of 2^-61, the grid. So a sum over bins is exact in 64-bit integers: the load of a
// routing does not depend on the order in which bins were added to it. An entry loses at most 2^-62 of the sum
// of its row.

import {
  initProgram,
  Program,
  RawProgram,
  servicesF32Of,
  servicesOf,
  violationsF32Of,
  violationsOf,
} from '../layout/fluid-program'

/** Units of the grid in 1. */
export const GRID: f64 = 2147483648.0 * 1073741824.0

/** Milliseconds of a second. */
const MS: f64 = 1000

/** Initialises the program at an address, and fills it from what the host states. */
export function buildProgram(address: usize, raw: RawProgram): Program {
  let bins = 0
  for (let k = 0; k < raw.bins; k++) if (raw.probabilities[k] > 0) bins++
  const program = initProgram(address, raw.types, bins)
  program.epsilon = onGrid(raw.epsilon)
  let i = 0
  for (let k = 0; k < raw.bins; k++) {
    if (raw.probabilities[k] == 0) continue
    program.rawBins[i] = k
    program.probabilities[i] = raw.probabilities[k]
    i++
  }
  for (let t = 0; t < raw.types; t++) fillType(program, raw, t)
  return program
}

function fillType(program: Program, raw: RawProgram, type: i32): void {
  const rawServices = raw.services.from(type * raw.bins)
  const rawViolations = raw.violations.from(type * raw.bins)
  const rawBins = program.rawBins
  const probabilities = program.probabilities
  const bins = program.bins
  let total: f64 = 0
  for (let i = 0; i < bins; i++) total += probabilities[i] * rawServices[rawBins[i]]
  const scale = 1 / powerAbove(total)
  program.scales[type] = MS * scale
  const services = servicesOf(program, type)
  const violations = violationsOf(program, type)
  const servicesF32 = servicesF32Of(program, type)
  const violationsF32 = violationsF32Of(program, type)
  for (let i = 0; i < bins; i++) {
    const k = rawBins[i]
    // no service is free, however rare the bin
    const service = Math.max(1 / GRID, onGrid(probabilities[i] * rawServices[k] * scale))
    const violation = onGrid(probabilities[i] * rawViolations[k])
    services[i] = service
    violations[i] = violation
    servicesF32[i] = service as f32
    violationsF32[i] = violation as f32
  }
}

/** An entry, or a sum of entries, in units of the grid: exact. */
export function units(value: f64): i64 {
  return (value * GRID) as i64
}

export function onGrid(value: f64): f64 {
  return nearest(value * GRID) / GRID
}

/** The smallest power of two above a positive number. */
function powerAbove(value: f64): f64 {
  return reinterpret<f64>(((reinterpret<u64>(value) >> 52) + 1) << 52)
}
