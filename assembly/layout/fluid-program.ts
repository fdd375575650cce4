// The fluid program (fluid/program.ts) in memory, over T types, L lines and K bins.
//
// A line is a row of the tables: for every bin one way in which a type serves it, with its service time and its
// violation. Without batching every type has one line. With batching it has one for each mode that may be optimal;
// the lines of a type follow each other, and a bin with fewer modes than its type has lines repeats its last mode.
//
// RawProgram is what the host writes. Program is what the solver reads: bins without queries are left out, and
// every vector over bins is padded to whole groups of 16, which the pricing pass takes at once.
//
//   Program | scales[T] | lineTypes[L] i32 | rawBins[] i32 | services[L][] | violations[L][]
//           | probabilities[] | servicesF32[L][] | violationsF32[L][]
//
// `[]` stands for paddedBins numbers: f64 where nothing else is said, f32 where the name says so.

import { MAX_TYPES } from './lattice'
import { Vector, vectorAt } from './vector'

/**
 * The fluid program of a workload, as the host states it.
 * @host
 */
@unmanaged
export class RawProgram {
  /** The share of queries that may miss QoS. */
  epsilon: f64
  /** K probabilities. */
  probabilities: Vector<f64>
  /** L x K mean service times in ms. */
  services: Vector<f64>
  /** L x K probabilities that a service time exceeds QoS. */
  violations: Vector<f64>
  /** L types, never decreasing; every type has a line. */
  lineTypes: Vector<i32>
  types: i32
  lines: i32
  bins: i32
}

/** The program that the solver reads. */
@unmanaged
export class Program {
  /** The share of queries that may miss QoS, a multiple of the grid. */
  epsilon: f64
  types: i32
  lines: i32
  /** Bins with queries. */
  bins: i32
  /** The numbers of a vector over bins, with its padding. */
  paddedBins: i32
  /** By type: scaled counts are counts times this, and prices are scaled prices times this. */
  scales: Vector<f64>
  /** By line: its type. */
  lineTypes: Vector<i32>
  /** The number of each bin in the raw program. */
  rawBins: Vector<i32>
  /** p_k times the service time, scaled, by line and bin. */
  services: Vector<f64>
  /** p_k times the violation, by line and bin. */
  violations: Vector<f64>
  /** p_k. */
  probabilities: Vector<f64>
  /** Infinite where a line repeats the mode of the line before it: the pricing pass lists no repetition. */
  servicesF32: Vector<f32>
  violationsF32: Vector<f32>
}

const HEAD: usize = (offsetof<Program>() + 15) & ~15

/** The numbers of a vector over bins. */
export function padBins(bins: i32): i32 {
  return (bins + 15) & ~15
}

export function programBytes(lines: i32, bins: i32): usize {
  const vectors = 4 + 8 + 2 * lines * 8 + 2 * lines * 4
  return HEAD + 8 * (MAX_TYPES as usize) + linesBytes(lines) + (vectors as usize) * (padBins(bins) as usize)
}

/** Bytes of a number by line, so that what follows is aligned. */
function linesBytes(lines: i32): usize {
  return 16 * (((lines + 3) >> 2) as usize)
}

/** Initialises a program of so many types, lines, and bins with queries. Its vectors over bins are 0. */
export function initProgram(address: usize, types: i32, lines: i32, bins: i32): Program {
  const program = changetype<Program>(address)
  const paddedBins = padBins(bins)
  const cells = (lines * paddedBins) as usize
  memory.fill(address, 0, programBytes(lines, bins))
  program.types = types
  program.lines = lines
  program.bins = bins
  program.paddedBins = paddedBins
  let next = address + HEAD
  program.scales = vectorAt<f64>(next)
  next += 8 * (MAX_TYPES as usize)
  program.lineTypes = vectorAt<i32>(next)
  next += linesBytes(lines)
  program.rawBins = vectorAt<i32>(next)
  next += 4 * (paddedBins as usize)
  program.services = vectorAt<f64>(next)
  next += 8 * cells
  program.violations = vectorAt<f64>(next)
  next += 8 * cells
  program.probabilities = vectorAt<f64>(next)
  next += 8 * (paddedBins as usize)
  program.servicesF32 = vectorAt<f32>(next)
  next += 4 * cells
  program.violationsF32 = vectorAt<f32>(next)
  assert(next + 4 * cells == address + programBytes(lines, bins))
  return program
}

/** The services of a line by bin. */
export function servicesOf(program: Program, line: i32): Vector<f64> {
  return program.services.from(line * program.paddedBins)
}

/** The violations of a line by bin. */
export function violationsOf(program: Program, line: i32): Vector<f64> {
  return program.violations.from(line * program.paddedBins)
}

export function servicesF32Of(program: Program, line: i32): Vector<f32> {
  return program.servicesF32.from(line * program.paddedBins)
}

export function violationsF32Of(program: Program, line: i32): Vector<f32> {
  return program.violationsF32.from(line * program.paddedBins)
}
