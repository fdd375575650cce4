// Arguments of the entries of the fluid solver, written by the host. Their vectors lie elsewhere in the arena.

import { RawProgram } from './fluid-program'
import { Vector } from './vector'

/**
 * Arguments of fluidBounds, createBounds and boundMore, for N configurations of T types.
 * @host
 */
@unmanaged
export class FluidBoundsArguments {
  program: RawProgram
  /** Address of fluidWorkBytes() bytes. */
  space: usize
  /** N x T counts. */
  counts: Vector<f64>
  /** Written: N bounds, queries a second. */
  bounds: Vector<f64>
  /** Written: N x T prices. */
  prices: Vector<f64>
  /** Written: N violation prices. */
  violationPrices: Vector<f64>
  /** N. */
  rows: i32
  /** How many bases fit into the work space. */
  bases: i32
}

/**
 * Arguments and results of fluidRouting, for one configuration of T types, L lines and K bins.
 * @host
 */
@unmanaged
export class FluidRoutingArguments {
  /** Written: the bound, queries a second; 0 if infeasible, as all results then. */
  bound: f64
  /** Written: the violation price. */
  violationPrice: f64
  program: RawProgram
  /** Address of fluidWorkBytes() bytes for one basis. */
  space: usize
  /** T counts. */
  counts: Vector<f64>
  /** Written: T prices. */
  prices: Vector<f64>
  /** Written: L x K shares. */
  shares: Vector<f64>
}
