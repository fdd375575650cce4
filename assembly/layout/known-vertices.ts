// Optimal vertices of the dual program that are known (fluid/known-vertices.ts) in memory. Only programs with batches
// have any.
//
//   KnownVertices | supports[N] f64 | lastUses[N] f64 | duals[T][N] f64 | prices[N][T] f64 | violationPrices[N] f64
//                 | tieCounts[N] i32, in the room of f64 | places[N]
//   place | the head of a Basis | keyLines[] u16 | bins[MAX_TIES] u16 and lines[MAX_TIES] u16 of the ties
//
// N is MAX_VERTICES. The basis of a vertex has no envelopes.

import { Basis, headBytes, inverseRow } from './fluid-basis'
import { Vector, vectorAt } from './vector'

@unmanaged
export class KnownVertices {
  /** How many are known. */
  count: i32
  types: i32
  /** The vertex that was used or added last, -1 for none. */
  latest: i32
  /** How often a vertex was used or added. */
  uses: f64
  /** The types in use, as bits; 0 where there is no vertex. */
  supports: Vector<f64>
  /** The value of `uses` at the last use. */
  lastUses: Vector<f64>
  /** By type in use and vertex: the price of a scaled count. */
  duals: Vector<f64>
  /** By vertex and type: the price. */
  prices: Vector<f64>
  violationPrices: Vector<f64>
  /** How many ties a vertex has, -1 if they are not written yet. */
  tieCounts: Vector<i32>
  /** Address of the first basis and its ties, and bytes of each. */
  places: usize
  placeBytes: usize
}

/** A new vertex takes the place of the one that was not used for longest. */
export const MAX_VERTICES: i32 = 256

/** Ties of a vertex at most; further ones are left to the solver. */
export const MAX_TIES: i32 = 1024
const TIE_BYTES: usize = 4 * (MAX_TIES as usize)

const HEAD: usize = (offsetof<KnownVertices>() + 15) & ~15

/** Bytes for programs with batches; others have as many lines as types, and no vertices. */
export function knownVerticesBytes(types: i32, lines: i32, bins: i32): usize {
  if (lines == types) return 0
  return HEAD + numberBytes(types) + (MAX_VERTICES as usize) * placeBytes(bins)
}

function numberBytes(types: i32): usize {
  return 8 * ((MAX_VERTICES * (4 + 2 * types)) as usize)
}

function placeBytes(bins: i32): usize {
  return headBytes(bins) + TIE_BYTES
}

/** Initialises the room of the vertices at an address. None is known. */
export function initKnownVertices(address: usize, types: i32, bins: i32): KnownVertices {
  const known = changetype<KnownVertices>(address)
  known.count = 0
  known.types = types
  known.latest = -1
  known.uses = 0
  known.supports = vectorAt<f64>(address + HEAD)
  known.lastUses = known.supports.from(MAX_VERTICES)
  known.duals = known.lastUses.from(MAX_VERTICES)
  known.prices = known.duals.from(types * MAX_VERTICES)
  known.violationPrices = known.prices.from(types * MAX_VERTICES)
  known.tieCounts = known.violationPrices.behind<i32>(MAX_VERTICES)
  // tie counts have 8 bytes a vertex
  known.places = known.tieCounts.from(2 * MAX_VERTICES).address
  assert(known.places == address + HEAD + numberBytes(types))
  known.placeBytes = placeBytes(bins)
  known.supports.clear(MAX_VERTICES)
  return known
}

export function knownBasis(known: KnownVertices, vertex: i32): Basis {
  return changetype<Basis>(known.places + (vertex as usize) * known.placeBytes)
}

/** By vertex: the price of a scaled count of a type in use. */
export function knownDuals(known: KnownVertices, type: i32): Vector<f64> {
  return known.duals.from(type * MAX_VERTICES)
}

export function knownPrices(known: KnownVertices, vertex: i32): Vector<f64> {
  return known.prices.from(vertex * known.types)
}

/** The most bins of a program with known vertices: ties name bins by 16 bits. */
export const MOST_TIE_BINS: i32 = 0x10000

/**
 * The ties of a vertex: line `tieLines[i]` costs as little for bin `tieBins[i]` as its key line. Bins are in ascending
 * order, and the key line itself is an entry.
 */
export function tieBins(known: KnownVertices, vertex: i32): Vector<u16> {
  // ties end where the next place starts
  return vectorAt<u16>(known.places + ((vertex + 1) as usize) * known.placeBytes - TIE_BYTES)
}

export function tieLines(known: KnownVertices, vertex: i32): Vector<u16> {
  return tieBins(known, vertex).from(MAX_TIES)
}

/** Overwrites the variables and the inverse of a basis by those of another one of the same support. */
export function copyBasis(to: Basis, from: Basis, bins: i32): void {
  const order = from.types + 1
  to.updates = from.updates
  to.basicBins.copy(from.basicBins, order)
  to.basicLines.copy(from.basicLines, order)
  to.keyLoad.copy(from.keyLoad, order)
  for (let r = 0; r < order; r++) inverseRow(to, r).copy(inverseRow(from, r), order + 1)
  to.keyLines.copy(from.keyLines, bins)
}
