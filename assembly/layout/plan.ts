// Memory of the optimal plan (plan/plan.ts): T types, W windows, C configurations, the last type fastest. The host
// lays every array out and writes their addresses into the argument block.
//
//   maxCounts i32[T] | runCost f64[T] | startCost f64[T] | initial i32[T]        the problem
//   capacity f64[C] | need f64[W] | lower i32[W][T] | upper i32[W][T]
//   strides i32[T] | inner i32[C] | outer i32[C] | steps f64[largest axis]        work space
//   scratch f64[C]            V_w, then G_w, in the positions of the lattice
//   tables f64[slots][cells]  G_w on the box of window w - 1, row-major within that box:
//                             slots 0 to segment - 1 for the segment in hand, then one checkpoint per segment

@unmanaged
export class PlanArguments {
  types: i32
  windows: i32
  /** From this window on, running costs nothing. */
  billedWindows: i32
  /** 1: `initialPtr` counts; 0: the starts of the first window cost nothing. */
  hasInitial: i32
  /** Windows from one checkpoint of the cost-to-go to the next. */
  segment: i32
  /** Cells of one table: at least those of the largest box. */
  tableCells: i32
  maxCountsPtr: usize
  runCostPtr: usize
  startCostPtr: usize
  initialPtr: usize
  /** Capacities in queries per second; -1 for a configuration that may not run. */
  capacityPtr: usize
  needPtr: usize
  lowerPtr: usize
  upperPtr: usize
  stridesPtr: usize
  innerPtr: usize
  outerPtr: usize
  stepsPtr: usize
  scratchPtr: usize
  tablesPtr: usize
  /** Output, i32[W]: positions in the lattice. */
  configurationPtr: usize
}

export function planArguments(ptr: usize): PlanArguments {
  return changetype<PlanArguments>(ptr)
}

export function i32At(arrayPtr: usize, index: i32): i32 {
  return load<i32>(arrayPtr + ((index as usize) << 2))
}

export function setI32(arrayPtr: usize, index: i32, value: i32): void {
  store<i32>(arrayPtr + ((index as usize) << 2), value)
}

export function f64At(arrayPtr: usize, index: i32): f64 {
  return load<f64>(arrayPtr + ((index as usize) << 3))
}

export function addressOf(arrayPtr: usize, index: i32): usize {
  return arrayPtr + ((index as usize) << 3)
}

/** The smallest count of a type in a window. */
export function lowerOf(plan: PlanArguments, window: i32, type: i32): i32 {
  return i32At(plan.lowerPtr, window * plan.types + type)
}

/** The largest count of a type in a window. */
export function upperOf(plan: PlanArguments, window: i32, type: i32): i32 {
  return i32At(plan.upperPtr, window * plan.types + type)
}

/** The counts of a type in the window before: the box that a table G_w is for. */
export function lowerBefore(plan: PlanArguments, window: i32, type: i32): i32 {
  return lowerOf(plan, window - 1, type)
}

export function upperBefore(plan: PlanArguments, window: i32, type: i32): i32 {
  return upperOf(plan, window - 1, type)
}

/** A table of the cost-to-go by its slot. */
export function tableOf(plan: PlanArguments, slot: i32): usize {
  return plan.tablesPtr + (((slot as usize) * (plan.tableCells as usize)) << 3)
}
