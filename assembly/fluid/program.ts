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
// routing does not depend on the order in which bins were added to it. Rounding changes an entry by at most 2^-62; a
// service below that becomes 2^-61, because none may be free. The slowest services of a type sum to 1/2 at least.

import { initProgram, modesOf, Program, RawProgram, servicesOf, violationsOf } from '../layout/fluid-program'
import { writeSwitches } from './switches'

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
    for (let j = first; j < line; j++) fillLine(program, raw, j, scale)
    countModes(program, t, first, line)
    writeSwitches(program, t, first)
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

function fillLine(program: Program, raw: RawProgram, line: i32, scale: f64): void {
  const rawServices = raw.services.from(line * raw.bins)
  const rawViolations = raw.violations.from(line * raw.bins)
  const services = servicesOf(program, line)
  const violations = violationsOf(program, line)
  for (let i = 0; i < program.bins; i++) {
    const k = program.rawBins[i]
    const probability = program.probabilities[i]
    // no service is free, however rare the bin
    services[i] = Math.max(1 / GRID, onGrid(probability * rawServices[k] * scale))
    violations[i] = onGrid(probability * rawViolations[k])
  }
}

/** Counts the modes of a type by bin: its lines from `first` to `end` - 1 but for the repetitions at the end. */
function countModes(program: Program, type: i32, first: i32, end: i32): void {
  const modes = modesOf(program, type)
  for (let k = 0; k < program.bins; k++) {
    let last = end - 1
    while (last > first && isRepetition(program, last, k)) last--
    modes[k] = (last - first + 1) as u16
  }
}

/** Whether a line serves a bin as the line before it does. */
function isRepetition(program: Program, line: i32, bin: i32): bool {
  return (
    servicesOf(program, line)[bin] == servicesOf(program, line - 1)[bin] &&
    violationsOf(program, line)[bin] == violationsOf(program, line - 1)[bin]
  )
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
