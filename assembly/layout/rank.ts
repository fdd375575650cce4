// The closed form, what a walk keeps of it, and the arguments of the entries of rank/rank.ts. T is the number
// of instance types, C the number of distinct cutoffs.
//
//   ClosedForm   written by the host; its vectors lie elsewhere in the arena
//   Prefix       | header | smallShare[T + 1] f64 | timeShare[T + 1] f64 | cutoff[T + 1] i32 |
//   RunEstimate  | header | sum[T + 1] f64 |
//   RankWork     | header | Walk | RunEstimate | RunEstimate | TopK | Prefix |
//
// Vectors have room for MAX_TYPES types, so that the sizes are constants.

import {
  Lattice,
  MAX_TYPES,
  Page,
  placeWalk,
  SelectionCounts,
  TOP_K_BYTES,
  TopK,
  WALK_BYTES,
  Walk,
} from './lattice'
import { Vector, vectorAt } from './vector'

/**
 * The closed form of the published allocator. closed-form.ts explains the symbols.
 * @host
 */
@unmanaged
export class ClosedForm {
  /** Q_b: queries a second of one base instance on the whole mix. */
  baseRate: f64
  /** T shares f of the queries in bins up to the type's cutoff. Entries of the base are not read. */
  smallShare: Vector<f64>
  /** T shares τ of the base's busy time that go to these queries. */
  timeShare: Vector<f64>
  /** T ranks of the type's cutoff s among the C distinct cutoffs in increasing order. */
  cutoff: Vector<i32>
  /** C x T rates Q_t(s): queries a second of one instance on the bins up to a cutoff. */
  rate: Vector<f64>
  /** b: the position of the base type. */
  base: i32
}

/** The largest f, τ and s of the auxiliary types in use before an axis. */
@unmanaged
export class Prefix {
  form: ClosedForm
  smallShare: Vector<f64>
  timeShare: Vector<f64>
  /** Ranks; -1 where no auxiliary type is in use. */
  cutoff: Vector<i32>
}

/**
 * The bound of the current run as a function of n, the count of its last type:
 *
 *   min(busy + n busyStep, (split + n splitStep) + (rate + n rateStep) weight)
 *
 * A run has two estimates, because the types in use differ: one for n >= 1, one for n = 0.
 */
@unmanaged
export class RunEstimate {
  busy: f64
  busyStep: f64
  split: f64
  splitStep: f64
  rate: f64
  rateStep: f64
  /** τ / f; 0 where no auxiliary type is in use. */
  weight: f64
  /** Q_b / (1 - τ); Infinity where no auxiliary type is in use. */
  busyRate: f64
  /** The τ and f of weight and busyRate; NaN before the first. */
  timeShare: f64
  smallShare: f64
  /** sum[j] is Σ n_t Q_t(s) over the auxiliary types before axis j. */
  sum: Vector<f64>
  /** The rank of the s of these sums; -1 before the first. */
  cutoff: i32
  /** The first axis whose count has changed since the sums were made. */
  staleAxis: i32
  /** 1 for the estimate of n >= 1, 0 for that of n = 0. */
  countsLast: i32
}

/** The state of a scan or a selection. */
@unmanaged
export class RankWork {
  walk: Walk
  prefix: Prefix
  /** For n >= 1 of the last type. */
  estimate: RunEstimate
  /** For n = 0. */
  zeroEstimate: RunEstimate
  topK: TopK
}

/**
 * Arguments of scanLattice.
 * @host
 */
@unmanaged
export class ScanArguments {
  /** The first configuration of the range. */
  from: f64
  /** One more than the last. */
  to: f64
  lattice: Lattice
  form: ClosedForm
  /** Address of rankWorkBytes() bytes. */
  work: usize
  /** Room for `to - from` bounds. */
  bounds: Vector<f64>
}

/**
 * Arguments of selectLattice.
 * @host
 */
@unmanaged
export class SelectArguments {
  lattice: Lattice
  form: ClosedForm
  page: Page
  /** Address of rankWorkBytes() bytes. */
  work: usize
  /** Written. */
  counts: SelectionCounts
}

const ESTIMATE_BYTES: usize = offsetof<RunEstimate>() + 8 * ((MAX_TYPES + 1) as usize)
const PREFIX_BYTES: usize = offsetof<Prefix>() + (8 + 8 + 4) * ((MAX_TYPES + 1) as usize)

const WORK_BYTES: usize =
  offsetof<RankWork>() + 4 + WALK_BYTES + 2 * ESTIMATE_BYTES + TOP_K_BYTES + PREFIX_BYTES

/** Bytes of a RankWork with all that it points to. */
export function rankWorkBytes(): usize {
  return WORK_BYTES
}

/** The RankWork in the block at `at`; only addresses are written. */
export function placeRankWork(at: usize): RankWork {
  const work = changetype<RankWork>(at)
  // five addresses, and four bytes that align what follows
  const walk = at + offsetof<RankWork>() + 4
  const estimate = walk + WALK_BYTES
  const zeroEstimate = estimate + ESTIMATE_BYTES
  const topK = zeroEstimate + ESTIMATE_BYTES
  work.walk = placeWalk(walk)
  work.estimate = placeEstimate(estimate)
  work.zeroEstimate = placeEstimate(zeroEstimate)
  work.topK = changetype<TopK>(topK)
  work.prefix = placePrefix(topK + TOP_K_BYTES)
  assert(work.prefix.cutoff.from(MAX_TYPES + 1).address == at + WORK_BYTES)
  return work
}

function placeEstimate(at: usize): RunEstimate {
  const estimate = changetype<RunEstimate>(at)
  estimate.sum = vectorAt<f64>(at + offsetof<RunEstimate>())
  return estimate
}

function placePrefix(at: usize): Prefix {
  const prefix = changetype<Prefix>(at)
  prefix.smallShare = vectorAt<f64>(at + offsetof<Prefix>())
  prefix.timeShare = prefix.smallShare.from(MAX_TYPES + 1)
  prefix.cutoff = prefix.timeShare.behind<i32>(MAX_TYPES + 1)
  return prefix
}
