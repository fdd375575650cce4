// The ranking by the fluid bound (fluid/select.ts, fluid/search.ts): its arguments, its state, and the pool of
// cuts. T is the number of types.
//
//   FluidSearch | Walk | TopK | CutPool | counts[16] f64 | Program and FluidWork (fluid-work.ts)
//   CutPool | ranks[24] i32 | orders[24][16] i32 | prices[24][16] f64 | prefixSums[24] f64 | relaxed[16] f64

import { RawProgram } from './fluid-program'
import { FluidWork, fluidWorkBytes } from './fluid-work'
import {
  Lattice,
  MAX_TYPES,
  Page,
  placeWalk,
  Row,
  SelectionCounts,
  TOP_K_BYTES,
  TopK,
  WALK_BYTES,
  Walk,
} from './lattice'
import { Vector, vectorAt } from './vector'

/**
 * Arguments of selectFluid, and of createSelection, advance and finish.
 * @host
 */
@unmanaged
export class SelectFluidArguments {
  /** Written: the first configuration of the range that is not done. */
  next: f64
  program: RawProgram
  lattice: Lattice
  page: Page
  /** Address of selectFluidBytes() bytes. */
  space: usize
  /** Written. */
  counts: SelectionCounts
  /** How many bases fit into the space. */
  bases: i32
  /** 1 if infeasible configurations within the budget are rows of bound 0, else 0. */
  includeInfeasible: i32
  /** Written: 1 if the solver gave up on a configuration, else 0. */
  isUnsolved: i32
}

/**
 * Arguments of searchFluid.
 * @host
 */
@unmanaged
export class SearchFluidArguments {
  program: RawProgram
  lattice: Lattice
  page: Page
  /** Only rows that come before this one, and this one itself. */
  floor: Row
  /** Address of selectFluidBytes() bytes. */
  space: usize
  /** Written. */
  counts: SearchCounts
  /** How many bases fit into the space. */
  bases: i32
  /** Written: 1 if the solver gave up on a configuration, else 0. */
  isUnsolved: i32
}

/**
 * What a search found.
 * @host
 */
@unmanaged
export class SearchCounts {
  /** Nodes that were examined. */
  visited: f64
  /** Nodes of which the subtree was ruled out by its bound. */
  pruned: f64
  /** Rows that were selected. */
  selected: i32
}

/** The state of a selection or a search. */
@unmanaged
export class FluidSearch {
  /** Configurations within the budget so far, and those of them with a bound above 0. */
  withinBudget: f64
  feasible: f64
  walk: Walk
  topK: TopK
  cuts: CutPool
  /** T counts of the configuration that is solved. */
  counts: Vector<f64>
  fluid: FluidWork
  /** Work that is left until a selection pauses: 1 for a run, SOLVE_WORK for a configuration that is solved. */
  workLeft: f64
  /** Where a selection that has paused within the current run goes on: a count of the last type, -1 for a new run. */
  pausedAt: f64
  /** Samples that a selection has still to take. */
  samplesLeft: i32
  /** The first axis whose count has changed since the last run, -1 behind the last run. */
  axis: i32
  includeInfeasible: i32
  isUnsolved: i32
}

/** Dual solutions of configurations that were solved: each is a cut. */
@unmanaged
export class CutPool {
  /** How many cuts there are. */
  count: i32
  /** The cuts, most useful first. */
  ranks: Vector<i32>
  /** By cut: the types by price per dollar, largest first. */
  orders: Vector<i32>
  /** By cut: T prices. */
  prices: Vector<f64>
  /** By cut: Σ n_t u_t over the types before the last, for the current run. */
  prefixSums: Vector<f64>
  /** T counts, which need not be whole, at which the last relaxation was attained. */
  relaxed: Vector<f64>
}

/** The work of a configuration that is solved, in runs that are ruled out by cuts. */
export const SOLVE_WORK: f64 = 16

/** The most cuts that are kept. */
export const MAX_CUTS: i32 = 24

const HEAD: usize = (offsetof<FluidSearch>() + 15) & ~15
const POOL_HEAD: usize = (offsetof<CutPool>() + 15) & ~15
const CUTS: usize = MAX_CUTS as usize
const TYPES: usize = MAX_TYPES as usize
const POOL_BYTES: usize = POOL_HEAD + 4 * CUTS + 4 * CUTS * TYPES + 8 * CUTS * TYPES + 8 * CUTS + 8 * TYPES

/** Bytes of a FluidSearch with all that it points to, before the solver's space. */
const BYTES: usize = (HEAD + WALK_BYTES + TOP_K_BYTES + POOL_BYTES + 8 * TYPES + 15) & ~15

/** Bytes of the space of selectFluid and searchFluid, if so many bases are kept. */
export function selectFluidBytes(types: i32, lines: i32, bins: i32, bases: i32): usize {
  return BYTES + fluidWorkBytes(types, lines, bins, bases)
}

/** Initialises the state at `address`, but for its walk, its rows and its solver. The pool is empty. */
export function initFluidSearch(address: usize): FluidSearch {
  const search = changetype<FluidSearch>(address)
  search.withinBudget = 0
  search.feasible = 0
  search.workLeft = Infinity
  search.pausedAt = -1
  search.isUnsolved = 0
  let next = address + HEAD
  search.walk = placeWalk(next)
  next += WALK_BYTES
  search.topK = changetype<TopK>(next)
  next += TOP_K_BYTES
  search.cuts = initCutPool(next)
  next += POOL_BYTES
  search.counts = vectorAt<f64>(next)
  return search
}

/** Address of the solver's space behind a FluidSearch. */
export function solverSpaceOf(search: FluidSearch): usize {
  return changetype<usize>(search) + BYTES
}

function initCutPool(address: usize): CutPool {
  const pool = changetype<CutPool>(address)
  pool.count = 0
  pool.ranks = vectorAt<i32>(address + POOL_HEAD)
  pool.orders = pool.ranks.from(MAX_CUTS)
  pool.prices = pool.orders.behind<f64>(MAX_CUTS * MAX_TYPES)
  pool.prefixSums = pool.prices.from(MAX_CUTS * MAX_TYPES)
  pool.relaxed = pool.prefixSums.from(MAX_CUTS)
  assert(pool.relaxed.from(MAX_TYPES).address == address + POOL_BYTES)
  return pool
}

export function pricesOfCut(pool: CutPool, cut: i32): Vector<f64> {
  return pool.prices.from(MAX_TYPES * cut)
}

export function orderOfCut(pool: CutPool, cut: i32): Vector<i32> {
  return pool.orders.from(MAX_TYPES * cut)
}
