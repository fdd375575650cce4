// The numbers of decision rules (dispatch/rules/), as the host writes them: a class per rule. Its fields are
// those of the rule in src/kernel/rules.ts, with the same names, but for `typicalMs`: no rule reads it, and slowdowns
// are learned from it, so it is `typical` of the dispatcher. T instance types, K bins.

import { Vector } from './vector'

/** @host */
@unmanaged
export class MatchingTable {
  qosMs: f64
  marginMs: f64
  missCost: f64
  nearCost: f64
  /** T. */
  coefficient: Vector<f64>
  /** T x K. */
  guardMs: Vector<f64>
}

/** @host */
@unmanaged
export class PricedTable {
  qosMs: f64
  looseCost: f64
  missCost: f64
  lightLoad: f64
  lightGapMs: f64
  /** T. */
  weight: Vector<f64>
  /** T x K each. */
  reducedCost: Vector<f64>
  guardMs: Vector<f64>
  looseGuardMs: Vector<f64>
  longestLateMs: Vector<f64>
}

/** @host */
@unmanaged
export class FlowTable {
  qosMs: f64
  lateShare: f64
  lightLoad: f64
  lightGapMs: f64
  /** T. */
  weight: Vector<f64>
  /** T x K each. */
  reducedCost: Vector<f64>
  guardMs: Vector<f64>
  looseGuardMs: Vector<f64>
}

/** @host */
@unmanaged
export class DeadlineTable {
  qosMs: f64
}

/** @host */
@unmanaged
export class CompletionTable {
  /** How many instances are drawn for each query; 0: all are asked. */
  drawn: i32
  seed: u32
}

/** @host */
@unmanaged
export class PartitionTable {
  /** T. */
  groupOfType: Vector<f64>
  /** K. */
  groupOfBin: Vector<f64>
}

/** @host */
@unmanaged
export class OldestTable {
  /** K. */
  batchSize: Vector<f64>
  /** T. */
  largest: Vector<f64>
}

/** @host */
@unmanaged
export class UrgentTable {
  qosMs: f64
  /** K. */
  batchSize: Vector<f64>
  /** T. */
  largest: Vector<f64>
}

/** @host */
@unmanaged
export class BatchedTable {
  qosMs: f64
  lateShare: f64
  mostAhead: f64
  lightLoad: f64
  lightGapMs: f64
  unit: f64
  inOrder: i32
  joinAge: f64
  missWorth: f64
  /** K. */
  batchSize: Vector<f64>
  /** T each. */
  largest: Vector<f64>
  fullCost: Vector<f64>
  weight: Vector<f64>
  isFast: Vector<f64>
  timeFactor: Vector<f64>
  aheadDiscount: Vector<f64>
  ageScale: Vector<f64>
  ageWorth: Vector<f64>
  stagger: Vector<f64>
  /** K each. */
  queryCost: Vector<f64>
  worth: Vector<f64>
  aloneMs: Vector<f64>
  /** T x K each. */
  isCheap: Vector<f64>
  longestLateMs: Vector<f64>
  guardMs: Vector<f64>
  /** T x UNIT_ROW each (layout/batches.ts). */
  unitMs: Vector<f64>
  unitLongestMs: Vector<f64>
  unitGuardMs: Vector<f64>
}
