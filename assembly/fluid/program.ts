// The data of the fluid program, in the form that the solver reads (layout/fluid-program.ts).
//
//   max λ over z >= 0:  Σ_j z_jk = λ for every bin k,  Σ_jk p_k l_jk z_jk <= n_t over the lines j of every type t,
//                       Σ_jk p_k v_jk z_jk <= ε λ
//
// z_jk is the flow of bin k to line j, divided by p_k. So the flow of every bin is λ, and the column of z_jk has
// two entries besides its bin: p_k l_jk in the row of the type, p_k v_jk in the row of the violation budget.
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
  const program = initProgram(address, raw.types, raw.lines, bins)
  program.epsilon = onGrid(raw.epsilon)
  let i = 0
  for (let k = 0; k < raw.bins; k++) {
    if (raw.probabilities[k] == 0) continue
    program.rawBins[i] = k
    program.probabilities[i] = raw.probabilities[k]
    i++
  }
  program.lineTypes.copy(raw.lineTypes, raw.lines)
  let line = 0
  for (let t = 0; t < raw.types; t++) {
    const first = line
    while (line < raw.lines && raw.lineTypes[line] == t) line++
    const scale = scaleOf(program, raw, first, line)
    program.scales[t] = MS * scale
    for (let j = first; j < line; j++) fillLine(program, raw, j, scale, j > first)
  }
  return program
}

/** The power of two that makes the slowest modes of a type, its lines from `first` to `end` - 1, sum to less than 1. */
function scaleOf(program: Program, raw: RawProgram, first: i32, end: i32): f64 {
  let total: f64 = 0
  for (let i = 0; i < program.bins; i++) {
    const k = program.rawBins[i]
    let slowest: f64 = 0
    for (let j = first; j < end; j++) slowest = Math.max(slowest, raw.services[j * raw.bins + k])
    total += program.probabilities[i] * slowest
  }
  return 1 / powerAbove(total)
}

/** `isFollowing`: the line before it is of the same type. */
function fillLine(program: Program, raw: RawProgram, line: i32, scale: f64, isFollowing: bool): void {
  const rawServices = raw.services.from(line * raw.bins)
  const rawViolations = raw.violations.from(line * raw.bins)
  const rawBins = program.rawBins
  const probabilities = program.probabilities
  const bins = program.bins
  const services = servicesOf(program, line)
  const violations = violationsOf(program, line)
  const servicesF32 = servicesF32Of(program, line)
  const violationsF32 = violationsF32Of(program, line)
  const before = isFollowing ? line - 1 : line
  for (let i = 0; i < bins; i++) {
    const k = rawBins[i]
    // no service is free, however rare the bin
    const service = Math.max(1 / GRID, onGrid(probabilities[i] * rawServices[k] * scale))
    const violation = onGrid(probabilities[i] * rawViolations[k])
    services[i] = service
    violations[i] = violation
    const isRepeated =
      isFollowing &&
      servicesOf(program, before)[i] == service &&
      violationsOf(program, before)[i] == violation
    servicesF32[i] = isRepeated ? <f32>Infinity : (service as f32)
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
