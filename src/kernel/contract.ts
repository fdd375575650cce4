import type {
  Assignment,
  AssignmentProblem,
  DispatcherSetup,
  KernelDispatcher,
  ReplayInput,
  ReplayOutcome,
} from './dispatch-contract.ts'
import type { NoPlan, Plan, PlanProblem } from './plan-contract.ts'

/**
 * The one list of what a kernel offers. It has two implementations: WebAssembly (`wasm/`) and readable TypeScript
 * (`fallback/`). Inputs and outputs are plain objects of numbers and typed arrays, so that a call can travel to a
 * worker as it is. Arrays of two dimensions are row-major.
 *
 * The WebAssembly module exports its memory and the functions of the six lists below, and nothing else. A test
 * compares the lists with the module, with both implementations and with the declarations of the host.
 */
export const KERNEL_FUNCTIONS = [
  'scanLattice',
  'selectLattice',
  'fluidBounds',
  'createBounds',
  'fluidRouting',
  'selectFluid',
  'createSelection',
  'searchFluid',
  'assign',
  'createDispatcher',
  'replay',
  'optimalPlan',
] as const

/** The functions of a `KernelDispatcher` that are exports of the same names too. */
export const DISPATCHER_FUNCTIONS = [
  'arrive',
  'cancel',
  'complete',
  'decide',
  'hold',
  'join',
  'leave',
  'retune',
  'setAging',
  'setSlowdown',
  'slowdownOf',
  'stateOf',
] as const

/** The exports of `KernelBounds` beside `createBounds`, which begins a list. */
export const BOUNDS_FUNCTIONS = ['boundMore'] as const

/** The functions of a `KernelSelection` that are exports of the same names too. */
export const SELECTION_FUNCTIONS = ['advance', 'finish'] as const

/** Exports of the module alone: the bytes that the host reserves for a block. */
export const SIZE_FUNCTIONS = [
  'rankWorkBytes',
  'fluidBasisBytes',
  'fluidWorkBytes',
  'selectFluidBytes',
  'assignBytes',
  'dispatcherBytes',
  'fleetBytes',
  'queueBytes',
  'queueNodesBytes',
  'typeSlowdownBytes',
  'workBytes',
  'replayBytes',
] as const

/** Exports of the module alone: they move a part of a dispatcher to a larger block that the host has reserved. */
export const GROW_FUNCTIONS = ['growFleet', 'growWork', 'growQueue'] as const

/** The implementations: WebAssembly, and readable TypeScript. */
export type KernelName = 'wasm' | 'fallback'

export interface Kernel {
  /**
   * The closed form of every configuration numbered `from` to `to - 1`, queries per second. It is 0 for a configuration
   * above the budget, or without a base instance.
   */
  scanLattice(input: LatticeScan): Float64Array
  /** The best configurations of a range, in the total order of `Selection`. */
  selectLattice(input: LatticeSelect): Selection
  /** The fluid bound and its prices for each of a list of configurations. */
  fluidBounds(input: FluidQuery): FluidBounds
  /** The same bounds in steps, with their own state, which no other call touches. */
  createBounds(program: FluidProgram): KernelBounds
  /** The fluid bound of one configuration with the routing that attains it. */
  fluidRouting(input: FluidQuery): FluidRouting
  /** The best configurations of a range by the fluid bound, in the total order of `Selection`. */
  selectFluid(input: FluidSelect): Selection
  /** The same selection in steps, with its own state, which no other call touches. */
  createSelection(input: FluidSelect): KernelSelection
  /** The same rows by branch and bound over the counts, for ranges that are too long to enumerate. */
  searchFluid(input: FluidSearch): SearchedSelection
  /**
   * A minimum-cost assignment. The fallback defines how ties are broken.
   *
   * @throws KairosError BAD_USAGE for a cost that is NaN or -Infinity, with its position
   */
  assign(problem: AssignmentProblem): Assignment
  /** A dispatcher with its own state, which no other call touches. */
  createDispatcher(setup: DispatcherSetup): KernelDispatcher
  /** A trace in virtual time: the same as a loop over `createDispatcher`, in one call. */
  replay(input: ReplayInput): ReplayOutcome
  /** The configurations of least cost over a sequence of windows. */
  optimalPlan(problem: PlanProblem): Plan | NoPlan
}

/** A box of counts. Configurations are numbered in mixed radix: the last axis runs fastest. */
export interface Lattice {
  /** T smallest counts. */
  readonly min: Float64Array
  /** T numbers of counts per axis, each >= 1. */
  readonly size: Float64Array
  /** T prices per hour; costs are summed left to right. */
  readonly price: Float64Array
  readonly budget: number
}

/** The closed form of the published allocator (docs/architecture.md, "Closed form"), as a kernel needs it. */
export interface ClosedForm {
  /** The position of the base type. */
  readonly base: number
  /** Queries a second of one base instance on the whole mix. */
  readonly baseRate: number
  /** T ranks of the cutoffs among the C distinct cutoffs in increasing order; ignored for the base. */
  readonly cutoff: Int32Array
  /** T shares of small queries, f, each above 0. */
  readonly smallShare: Float64Array
  /** T shares of the base's time spent on small queries, τ. */
  readonly timeShare: Float64Array
  /** C x T queries a second of each type on the bins up to each cutoff. */
  readonly rate: Float64Array
}

export interface LatticeScan {
  readonly lattice: Lattice
  readonly closedForm: ClosedForm
  readonly from: number
  readonly to: number
}

/** A position in the total order: bound descending, cost in billionths of a dollar ascending, number ascending. */
export interface Rank {
  readonly bound: number
  readonly cost: number
  readonly number: number
}

export interface LatticeSelect extends LatticeScan {
  /** How many rows to keep. */
  readonly limit: number
  /** Only rows that come after this one in the order; absent for all. */
  readonly after?: Rank
  /** Whether equal bounds are ordered by cost before number; the published artifact does not. */
  readonly byCost: boolean
}

/** Rows as three columns. */
export interface RankColumns {
  readonly bound: Float64Array
  readonly cost: Float64Array
  readonly number: Float64Array
}

/** Counted and selected configurations of a range: up to `limit` feasible rows, best first. */
export interface Selection extends RankColumns {
  /** Non-empty configurations within the budget. */
  readonly withinBudget: number
  /** Those of them with a bound above 0. */
  readonly feasible: number
}

/**
 * The fluid program (docs/architecture.md, "Fluid bound") of a workload over T types, L lines and K bins. A line has
 * for every bin one way in which its type serves it. Without batching every type has one line.
 */
export interface FluidProgram {
  /** K probabilities of the bins. */
  readonly probability: Float64Array
  /** L x K mean service times, ms. In each bin they never fall from a line to the next one of its type. */
  readonly service: Float64Array
  /** L x K probabilities that a service time exceeds QoS. */
  readonly violation: Float64Array
  /**
   * L types of the lines, never decreasing; every type has a line. Absent: line t is that of type t. The lines of a
   * type are in each bin the vertices of a lower left hull of service and violation; a bin with fewer modes than its
   * type has lines repeats its last mode.
   */
  readonly lineType?: Int32Array
  /** The share of queries that may miss QoS, 0 to 0.5. */
  readonly epsilon: number
}

export interface FluidQuery {
  readonly program: FluidProgram
  /** N x T counts, >= 0, which need not be whole; N is 1 for a routing. */
  readonly counts: Float64Array
}

/** All values are 0 for a configuration that cannot keep the percentile. */
export interface FluidBounds {
  /** N bounds, queries a second. */
  readonly bound: Float64Array
  /** N x T prices: queries per second gained per additional instance of a type. */
  readonly price: Float64Array
  /**
   * N violation prices: queries per second gained per additional query per millisecond that may miss QoS. In this unit
   * prices and violation price are a certificate with service times in ms:
   *   Σ_k p_k min_j (l_jk u_t + v_jk w) − ε w >= 1000, where t is the type of line j.
   */
  readonly violationPrice: Float64Array
}

/** Bounds of long lists of configurations, one list after the other. */
export interface KernelBounds {
  /** Begins a list. The function that it returned for the list before is of no use any more. */
  begin(): BoundMore
}

/**
 * The bounds and prices of the next configurations of a list. However it is divided, they are those of `fluidBounds`
 * for all of it, bit by bit.
 *
 * @param counts as in `FluidQuery`
 */
export type BoundMore = (counts: Float64Array) => FluidBounds

export interface FluidRouting {
  readonly bound: number
  /** T prices. */
  readonly price: Float64Array
  readonly violationPrice: number
  /** L x K shares of each bin's queries that go to a line. They sum to 1 in every bin with a probability above 0. */
  readonly share: Float64Array
}

export interface FluidSelect {
  readonly lattice: Lattice
  readonly program: FluidProgram
  readonly from: number
  readonly to: number
  readonly limit: number
  readonly after?: Rank
  readonly byCost: boolean
  /** Whether infeasible configurations within the budget are rows too, with bound 0. */
  readonly includeInfeasible?: boolean
}

/** A selection that can end before all of its range is done. */
export interface KernelSelection {
  /**
   * Goes on for a bounded amount of work. Returns the first configuration that is not done, `to` at the end.
   *
   * @param work in runs of the lattice, of which 16 take as long as a configuration that is solved. By default a step
   *   takes a millisecond, and up to 100 with 1000 bins. The fallback bounds at most one configuration in a step.
   */
  advance(work?: number): number
  /**
   * Ends the selection with the rows so far: those of the configurations that are done, and perhaps some of later ones.
   * Once the range is done it is that of `selectFluid`.
   */
  finish(): Selection
}

export interface FluidSearch extends Omit<FluidSelect, 'includeInfeasible'> {
  /** Only rows up to this one in the order are wanted: `limit` rows as good as it are known already. */
  readonly floor: Rank
}

/** Up to `limit` rows, best first. */
export interface SearchedSelection extends RankColumns {
  /** Partial configurations that were looked at, and those of them whose subtree was ruled out by its bound. */
  readonly visited: number
  readonly pruned: number
}
