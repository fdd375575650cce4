// The fluid program (fluid/program.ts) in memory, over T types and K bins.
//
// RawProgram is what the host writes. Program is what the solver reads: bins without queries are left out, and
// every vector over bins is padded to whole groups of 16, which the pricing pass takes at once.
//
//   Program | scales[T] | rawBins[] i32 | services[T][] | violations[T][] | probabilities[]
//           | servicesF32[T][] | violationsF32[T][]
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
  /** T x K mean service times in ms. */
  services: Vector<f64>
  /** T x K probabilities that a service time exceeds QoS. */
  violations: Vector<f64>
  types: i32
  bins: i32
}

/** The program that the solver reads. */
@unmanaged
export class Program {
  /** The share of queries that may miss QoS, a multiple of the grid. */
  epsilon: f64
  types: i32
  /** Bins with queries. */
  bins: i32
  /** The numbers of a vector over bins, with its padding. */
  paddedBins: i32
  /** By type: scaled counts are counts times this, and prices are scaled prices times this. */
  scales: Vector<f64>
  /** The number of each bin in the raw program. */
  rawBins: Vector<i32>
  /** p_k l_tk, scaled, by type and bin. */
  services: Vector<f64>
  /** p_k v_tk by type and bin. */
  violations: Vector<f64>
  /** p_k. */
  probabilities: Vector<f64>
  servicesF32: Vector<f32>
  violationsF32: Vector<f32>
}

const HEAD: usize = (offsetof<Program>() + 15) & ~15

/** The numbers of a vector over bins. */
export function padBins(bins: i32): i32 {
  return (bins + 15) & ~15
}

export function programBytes(types: i32, bins: i32): usize {
  const vectors = 4 + 8 + 2 * types * 8 + 2 * types * 4
  return HEAD + 8 * (MAX_TYPES as usize) + (vectors as usize) * (padBins(bins) as usize)
}

/** Initialises a program of so many types, and bins with queries. Its vectors over bins are 0. */
export function initProgram(address: usize, types: i32, bins: i32): Program {
  const program = changetype<Program>(address)
  const paddedBins = padBins(bins)
  const cells = (types * paddedBins) as usize
  memory.fill(address, 0, programBytes(types, bins))
  program.types = types
  program.bins = bins
  program.paddedBins = paddedBins
  let next = address + HEAD
  program.scales = vectorAt<f64>(next)
  next += 8 * (MAX_TYPES as usize)
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
  assert(next + 4 * cells == address + programBytes(types, bins))
  return program
}

/** p_k l_tk of a type, scaled, by bin. */
export function servicesOf(program: Program, type: i32): Vector<f64> {
  return program.services.from(type * program.paddedBins)
}

/** p_k v_tk of a type by bin. */
export function violationsOf(program: Program, type: i32): Vector<f64> {
  return program.violations.from(type * program.paddedBins)
}

export function servicesF32Of(program: Program, type: i32): Vector<f32> {
  return program.servicesF32.from(type * program.paddedBins)
}

export function violationsF32Of(program: Program, type: i32): Vector<f32> {
  return program.violationsF32.from(type * program.paddedBins)
}
