// The fluid program (fluid/program.ts) in memory, over T types, L lines and K bins.
//
// A line is a row of the tables: for every bin one way in which a type serves it, with its service time and its
// violation. Without batching every type has one line. With batching it has one for each mode that may be optimal; the
// lines of a type follow each other, and a bin with fewer modes than its type has lines repeats its last mode. A switch
// is the ratio of violation price to type price at which the next mode of a type and bin becomes the cheaper one.
//
// RawProgram is what the host writes. Program is what the solver reads: bins without queries are left out, and
// every vector over bins is padded to whole groups of 16, which the pricing pass takes at once.
//
//   Program | scales[16] | lineTypes[L] i32 | rawBins[] i32 | services[L][] | violations[L][]
//           | probabilities[] | modes[T][] u16 | firstSwitches[20] i32 | switches[L K] Switch
//
// `[]` stands for paddedBins numbers, f64 where nothing else is said.

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
  /** By type and bin: how many of the first lines of the type are modes of the bin. The others repeat the last. */
  modes: Vector<u16>
  /** Entry t: the number of the first switch of type t; those of the next type follow its last. */
  firstSwitches: Vector<i32>
  /** The first of the switches: by type, in order of their ratios. */
  switches: Switch
}

/** A ratio of violation price to type price at which one mode of a type and bin becomes cheaper than another. */
@unmanaged
export class Switch {
  ratio: f64
  bin: i32
  /** The line that is cheaper above the ratio, the one before it is below. */
  line: i32
}

const HEAD: usize = (offsetof<Program>() + 15) & ~15

/** The numbers of a vector over bins. */
export function padBins(bins: i32): i32 {
  return (bins + 15) & ~15
}

export function programBytes(lines: i32, bins: i32): usize {
  const perBin = 4 + 8 + 2 * lines * 8 + 2 * min(lines, MAX_TYPES)
  return (
    HEAD +
    8 * (MAX_TYPES as usize) +
    4 * ((paddedLines(lines) + FIRST_SWITCHES) as usize) +
    ((perBin * padBins(bins)) as usize) +
    offsetof<Switch>() * ((lines * bins) as usize)
  )
}

const FIRST_SWITCHES: i32 = MAX_TYPES + 4

/** The numbers of a vector over lines, so that what follows is aligned. */
function paddedLines(lines: i32): i32 {
  return (lines + 3) & ~3
}

/** Initialises a program of so many types, lines, and bins with queries. Its vectors over bins are 0. */
export function initProgram(address: usize, types: i32, lines: i32, bins: i32): Program {
  const program = changetype<Program>(address)
  const paddedBins = padBins(bins)
  memory.fill(address, 0, programBytes(lines, bins))
  program.types = types
  program.lines = lines
  program.bins = bins
  program.paddedBins = paddedBins
  program.scales = vectorAt<f64>(address + HEAD)
  program.lineTypes = program.scales.behind<i32>(MAX_TYPES)
  program.rawBins = program.lineTypes.from(paddedLines(lines))
  program.services = program.rawBins.behind<f64>(paddedBins)
  program.violations = program.services.from(lines * paddedBins)
  program.probabilities = program.violations.from(lines * paddedBins)
  program.modes = program.probabilities.behind<u16>(paddedBins)
  // a type has a line at least
  program.firstSwitches = program.modes.behind<i32>(min(lines, MAX_TYPES) * paddedBins)
  const switches = program.firstSwitches.from(FIRST_SWITCHES).address
  program.switches = changetype<Switch>(switches)
  assert(switches + offsetof<Switch>() * ((lines * bins) as usize) == address + programBytes(lines, bins))
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

/** How many modes a type has, by bin. */
export function modesOf(program: Program, type: i32): Vector<u16> {
  return program.modes.from(type * program.paddedBins)
}

export function switchAt(program: Program, index: i32): Switch {
  return changetype<Switch>(changetype<usize>(program.switches) + offsetof<Switch>() * (index as usize))
}
