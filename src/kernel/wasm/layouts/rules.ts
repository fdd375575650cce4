// Written by .config/generate-layouts.mjs from assembly/layout/rules.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

export interface MatchingTable {
  readonly qosMs: number
  readonly marginMs: number
  readonly missCost: number
  readonly nearCost: number
  /** T. */
  readonly coefficient: number
  /** T x K. */
  readonly guardMs: number
}

export const MatchingTable: Layout<MatchingTable> = {
  size: 40,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
    marginMs: { type: 'f64', offset: 8 },
    missCost: { type: 'f64', offset: 16 },
    nearCost: { type: 'f64', offset: 24 },
    coefficient: { type: 'usize', offset: 32 },
    guardMs: { type: 'usize', offset: 36 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
    view.setFloat64(address + 8, values.marginMs, true)
    view.setFloat64(address + 16, values.missCost, true)
    view.setFloat64(address + 24, values.nearCost, true)
    view.setUint32(address + 32, values.coefficient, true)
    view.setUint32(address + 36, values.guardMs, true)
  },
}

export interface PricedTable {
  readonly qosMs: number
  readonly looseCost: number
  readonly missCost: number
  readonly lightLoad: number
  readonly lightGapMs: number
  /** T. */
  readonly weight: number
  /** T x K each. */
  readonly reducedCost: number
  readonly guardMs: number
  readonly looseGuardMs: number
  readonly typicalMs: number
  readonly longestLateMs: number
}

export const PricedTable: Layout<PricedTable> = {
  size: 64,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
    looseCost: { type: 'f64', offset: 8 },
    missCost: { type: 'f64', offset: 16 },
    lightLoad: { type: 'f64', offset: 24 },
    lightGapMs: { type: 'f64', offset: 32 },
    weight: { type: 'usize', offset: 40 },
    reducedCost: { type: 'usize', offset: 44 },
    guardMs: { type: 'usize', offset: 48 },
    looseGuardMs: { type: 'usize', offset: 52 },
    typicalMs: { type: 'usize', offset: 56 },
    longestLateMs: { type: 'usize', offset: 60 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
    view.setFloat64(address + 8, values.looseCost, true)
    view.setFloat64(address + 16, values.missCost, true)
    view.setFloat64(address + 24, values.lightLoad, true)
    view.setFloat64(address + 32, values.lightGapMs, true)
    view.setUint32(address + 40, values.weight, true)
    view.setUint32(address + 44, values.reducedCost, true)
    view.setUint32(address + 48, values.guardMs, true)
    view.setUint32(address + 52, values.looseGuardMs, true)
    view.setUint32(address + 56, values.typicalMs, true)
    view.setUint32(address + 60, values.longestLateMs, true)
  },
}

export interface FlowTable {
  readonly qosMs: number
  readonly lateShare: number
  readonly lightLoad: number
  readonly lightGapMs: number
  /** T. */
  readonly weight: number
  /** T x K each. */
  readonly reducedCost: number
  readonly guardMs: number
  readonly looseGuardMs: number
  readonly typicalMs: number
}

export const FlowTable: Layout<FlowTable> = {
  size: 52,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
    lateShare: { type: 'f64', offset: 8 },
    lightLoad: { type: 'f64', offset: 16 },
    lightGapMs: { type: 'f64', offset: 24 },
    weight: { type: 'usize', offset: 32 },
    reducedCost: { type: 'usize', offset: 36 },
    guardMs: { type: 'usize', offset: 40 },
    looseGuardMs: { type: 'usize', offset: 44 },
    typicalMs: { type: 'usize', offset: 48 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
    view.setFloat64(address + 8, values.lateShare, true)
    view.setFloat64(address + 16, values.lightLoad, true)
    view.setFloat64(address + 24, values.lightGapMs, true)
    view.setUint32(address + 32, values.weight, true)
    view.setUint32(address + 36, values.reducedCost, true)
    view.setUint32(address + 40, values.guardMs, true)
    view.setUint32(address + 44, values.looseGuardMs, true)
    view.setUint32(address + 48, values.typicalMs, true)
  },
}

export interface DeadlineTable {
  readonly qosMs: number
}

export const DeadlineTable: Layout<DeadlineTable> = {
  size: 8,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
  },
}

export interface CompletionTable {
  /** How many instances are drawn for each query; 0: all are asked. */
  readonly drawn: number
  readonly seed: number
}

export const CompletionTable: Layout<CompletionTable> = {
  size: 8,
  fields: {
    drawn: { type: 'i32', offset: 0 },
    seed: { type: 'u32', offset: 4 },
  },
  write(view, address, values) {
    view.setInt32(address, values.drawn, true)
    view.setUint32(address + 4, values.seed, true)
  },
}

export interface PartitionTable {
  /** T. */
  readonly groupOfType: number
  /** K. */
  readonly groupOfBin: number
}

export const PartitionTable: Layout<PartitionTable> = {
  size: 8,
  fields: {
    groupOfType: { type: 'usize', offset: 0 },
    groupOfBin: { type: 'usize', offset: 4 },
  },
  write(view, address, values) {
    view.setUint32(address, values.groupOfType, true)
    view.setUint32(address + 4, values.groupOfBin, true)
  },
}

export interface OldestTable {
  /** K. */
  readonly batchSize: number
  /** T. */
  readonly largest: number
}

export const OldestTable: Layout<OldestTable> = {
  size: 8,
  fields: {
    batchSize: { type: 'usize', offset: 0 },
    largest: { type: 'usize', offset: 4 },
  },
  write(view, address, values) {
    view.setUint32(address, values.batchSize, true)
    view.setUint32(address + 4, values.largest, true)
  },
}

export interface UrgentTable {
  readonly qosMs: number
  /** K. */
  readonly batchSize: number
  /** T. */
  readonly largest: number
}

export const UrgentTable: Layout<UrgentTable> = {
  size: 16,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
    batchSize: { type: 'usize', offset: 8 },
    largest: { type: 'usize', offset: 12 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
    view.setUint32(address + 8, values.batchSize, true)
    view.setUint32(address + 12, values.largest, true)
  },
}

export interface BatchedTable {
  readonly qosMs: number
  readonly lateShare: number
  readonly mostAhead: number
  readonly lightLoad: number
  readonly lightGapMs: number
  readonly unit: number
  readonly inOrder: number
  readonly joinAge: number
  readonly missWorth: number
  /** K. */
  readonly batchSize: number
  /** T each. */
  readonly largest: number
  readonly fullCost: number
  readonly weight: number
  readonly isFast: number
  readonly timeFactor: number
  readonly aheadDiscount: number
  readonly ageScale: number
  readonly ageWorth: number
  readonly stagger: number
  /** K each. */
  readonly queryCost: number
  readonly worth: number
  readonly aloneMs: number
  /** T x K each. */
  readonly isCheap: number
  readonly longestLateMs: number
  readonly guardMs: number
  /** T x UNIT_ROW each (layout/batches.ts). */
  readonly unitMs: number
  readonly unitLongestMs: number
  readonly unitGuardMs: number
}

export const BatchedTable: Layout<BatchedTable> = {
  size: 148,
  fields: {
    qosMs: { type: 'f64', offset: 0 },
    lateShare: { type: 'f64', offset: 8 },
    mostAhead: { type: 'f64', offset: 16 },
    lightLoad: { type: 'f64', offset: 24 },
    lightGapMs: { type: 'f64', offset: 32 },
    unit: { type: 'f64', offset: 40 },
    inOrder: { type: 'i32', offset: 48 },
    joinAge: { type: 'f64', offset: 56 },
    missWorth: { type: 'f64', offset: 64 },
    batchSize: { type: 'usize', offset: 72 },
    largest: { type: 'usize', offset: 76 },
    fullCost: { type: 'usize', offset: 80 },
    weight: { type: 'usize', offset: 84 },
    isFast: { type: 'usize', offset: 88 },
    timeFactor: { type: 'usize', offset: 92 },
    aheadDiscount: { type: 'usize', offset: 96 },
    ageScale: { type: 'usize', offset: 100 },
    ageWorth: { type: 'usize', offset: 104 },
    stagger: { type: 'usize', offset: 108 },
    queryCost: { type: 'usize', offset: 112 },
    worth: { type: 'usize', offset: 116 },
    aloneMs: { type: 'usize', offset: 120 },
    isCheap: { type: 'usize', offset: 124 },
    longestLateMs: { type: 'usize', offset: 128 },
    guardMs: { type: 'usize', offset: 132 },
    unitMs: { type: 'usize', offset: 136 },
    unitLongestMs: { type: 'usize', offset: 140 },
    unitGuardMs: { type: 'usize', offset: 144 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.qosMs, true)
    view.setFloat64(address + 8, values.lateShare, true)
    view.setFloat64(address + 16, values.mostAhead, true)
    view.setFloat64(address + 24, values.lightLoad, true)
    view.setFloat64(address + 32, values.lightGapMs, true)
    view.setFloat64(address + 40, values.unit, true)
    view.setInt32(address + 48, values.inOrder, true)
    view.setFloat64(address + 56, values.joinAge, true)
    view.setFloat64(address + 64, values.missWorth, true)
    view.setUint32(address + 72, values.batchSize, true)
    view.setUint32(address + 76, values.largest, true)
    view.setUint32(address + 80, values.fullCost, true)
    view.setUint32(address + 84, values.weight, true)
    view.setUint32(address + 88, values.isFast, true)
    view.setUint32(address + 92, values.timeFactor, true)
    view.setUint32(address + 96, values.aheadDiscount, true)
    view.setUint32(address + 100, values.ageScale, true)
    view.setUint32(address + 104, values.ageWorth, true)
    view.setUint32(address + 108, values.stagger, true)
    view.setUint32(address + 112, values.queryCost, true)
    view.setUint32(address + 116, values.worth, true)
    view.setUint32(address + 120, values.aloneMs, true)
    view.setUint32(address + 124, values.isCheap, true)
    view.setUint32(address + 128, values.longestLateMs, true)
    view.setUint32(address + 132, values.guardMs, true)
    view.setUint32(address + 136, values.unitMs, true)
    view.setUint32(address + 140, values.unitLongestMs, true)
    view.setUint32(address + 144, values.unitGuardMs, true)
  },
}
