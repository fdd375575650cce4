// Memory of the optimal plan (plan/plan.ts): T types, W windows, C configurations, the last type fastest. The host
// reserves every vector and writes their addresses into the block.
//
//   maxCounts, runCost, startCost, initial [T]                             the problem
//   capacity [C] | need [W] | lower, upper [W][T]
//   strides [T] | inner, outer [C] | steps [largest axis]                  work space
//   scratch [C]            V_w, then G_w, at the positions of the lattice
//   tables [slots][cells]  G_w on the box of window w - 1, row-major within that box: slots 0 to segment - 1 for the
//                          segment at hand, then one checkpoint per segment

import { Vector } from './vector'

/**
 * An optimal plan to compute, with its work space.
 * @host
 */
@unmanaged
export class PlanArguments {
  types: i32
  windows: i32
  /** Windows for which a configuration is chosen, from the first on. */
  wanted: i32
  /** From this window on, running costs nothing. */
  billedWindows: i32
  /** 1: `initial` counts; 0: the starts of the first window cost nothing. */
  hasInitial: i32
  /** Windows from one checkpoint of the cost-to-go to the next. */
  segment: i32
  /** Cells of one table: those of the largest box. */
  tableCells: i32
  maxCounts: Vector<i32>
  runCost: Vector<f64>
  startCost: Vector<f64>
  initial: Vector<i32>
  /** Queries per second; -1 for a configuration that may not run. */
  capacity: Vector<f64>
  need: Vector<f64>
  lower: Vector<i32>
  upper: Vector<i32>
  strides: Vector<i32>
  inner: Vector<i32>
  outer: Vector<i32>
  steps: Vector<f64>
  scratch: Vector<f64>
  tables: Vector<f64>
  /** Output, `wanted` positions in the lattice. */
  configuration: Vector<i32>
}

/** The smallest count of a type in a window. */
export function lowerOf(plan: PlanArguments, window: i32, type: i32): i32 {
  return plan.lower[window * plan.types + type]
}

/** The largest count of a type in a window. */
export function upperOf(plan: PlanArguments, window: i32, type: i32): i32 {
  return plan.upper[window * plan.types + type]
}

/** A table of the cost-to-go by its slot. */
export function tableOf(plan: PlanArguments, slot: i32): Vector<f64> {
  return plan.tables.from(slot * plan.tableCells)
}
