// Written by .config/generate-layouts.mjs from assembly/layout/dispatcher.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** A dispatcher over T instance types and K bins. Only the kernel writes it. */
export interface Dispatcher {
  /** Instances that are there. */
  readonly instances: number
  /** Those of them that serve no query. */
  readonly idle: number
  /** Queries that wait. */
  readonly pending: number
  /** Queries that the last decision started, and each with its instance. */
  readonly started: number
  readonly startedQuery: number
  readonly startedInstance: number
  /** T. */
  readonly types: number
  /** K. */
  readonly bins: number
  /** T x K mean service times, ms. */
  readonly mean: number
  /** T x K means of the quantiles of service times, ms; at address 0 unless slowdowns of types are learned. */
  readonly typical: number
  /** The number of the rule in dispatch/rules.ts. */
  readonly rule: number
  /** How much work space the rule needs: see layout/window.ts. */
  readonly space: number
  /** Address of the numbers of the rule. */
  readonly table: number
  /** Address of the work space of the rule. */
  readonly work: number
  /** Address of the slots of the queue. Slots are numbers, -1 for none. */
  readonly slots: number
  /** The oldest pending query, and the youngest. */
  readonly head: number
  readonly tail: number
  /** The first slot that was given back, and the first that was never used. */
  readonly freed: number
  readonly unused: number
  /** The oldest query that was in time when a rule last asked. */
  readonly inTime: number
  /** How many queries have arrived; it may wrap around. */
  readonly arrived: number
  /** When the last of them arrived. */
  readonly lastArrival: number
  /** Decayed means of the square roots of the times between arrivals, in ms, over few and over many; 0 until two queries have arrived. */
  readonly rootGap: number
  readonly longRootGap: number
  /** Addresses of the nodes of queries by arrival and by latest start, where the flow decides. */
  readonly byArrival: number
  readonly byLatest: number
  /** One more than the largest number of an instance that there ever was. */
  readonly numbers: number
  /** By position: when the instance is expected to be idle, -Infinity if it is. */
  readonly expected: number
  /** By position: when its query started. */
  readonly since: number
  /** By position: for how long it is expected to be busy; computed by each decision. */
  readonly left: number
  /** By position: how many times as long as its type the instance takes. */
  readonly slowdown: number
  /** By position. */
  readonly type: number
  readonly number: number
  /** By position: type K + bin of the query that it serves. */
  readonly cell: number
  /** By number of an instance: its position, -1 if it is not there. */
  readonly positionOf: number
  /** A bit by position: whether the instance is idle. */
  readonly idleBits: number
  /** Stretches of neighbours of one type and slowdown, and the address of the first. */
  readonly runs: number
  readonly firstRun: number
  /** What is learned: 0 nothing, 1 slowdowns of types, 2 slowdowns of instances. */
  readonly learns: number
  /** By type: slowdowns of the means, and of the quantiles, 1 unless they are learned. */
  readonly typeSlowdown: number
  readonly quantileSlowdown: number
  /** By type: decayed sums of what queries took, of their means, and of the means of their quantiles, ms. */
  readonly tookSum: number
  readonly meanSum: number
  readonly typicalSum: number
  /** By type: the usual slowdown of its instances, where those are learned. */
  readonly usual: number
  /** Address of the estimates by number of an instance. */
  readonly estimates: number
  /** Room for a number per instance. */
  readonly sorted: number
  /** When the estimates are to be brought up to date again, and when that was done last. */
  readonly refreshAt: number
  readonly refreshed: number
  /** What a millisecond of silence counts in the age of an estimate, 0 to 1. */
  readonly aging: number
  /** Where `batched` decides: pending queries that are late, and all that were ever late less those that were taken back. */
  readonly lateCount: number
  readonly everLate: number
  /** All queries that ever arrived. */
  readonly everArrived: number
}

export const Dispatcher: Layout<Dispatcher> = {
  size: 256,
  fields: {
    instances: { type: 'i32', offset: 0 },
    idle: { type: 'i32', offset: 4 },
    pending: { type: 'i32', offset: 8 },
    started: { type: 'i32', offset: 12 },
    startedQuery: { type: 'usize', offset: 16 },
    startedInstance: { type: 'usize', offset: 20 },
    types: { type: 'i32', offset: 24 },
    bins: { type: 'i32', offset: 28 },
    mean: { type: 'usize', offset: 32 },
    typical: { type: 'usize', offset: 36 },
    rule: { type: 'i32', offset: 40 },
    space: { type: 'i32', offset: 44 },
    table: { type: 'usize', offset: 48 },
    work: { type: 'usize', offset: 52 },
    slots: { type: 'usize', offset: 56 },
    head: { type: 'i32', offset: 60 },
    tail: { type: 'i32', offset: 64 },
    freed: { type: 'i32', offset: 68 },
    unused: { type: 'i32', offset: 72 },
    inTime: { type: 'i32', offset: 76 },
    arrived: { type: 'i32', offset: 80 },
    lastArrival: { type: 'f64', offset: 88 },
    rootGap: { type: 'f64', offset: 96 },
    longRootGap: { type: 'f64', offset: 104 },
    byArrival: { type: 'usize', offset: 112 },
    byLatest: { type: 'usize', offset: 116 },
    numbers: { type: 'i32', offset: 120 },
    expected: { type: 'usize', offset: 124 },
    since: { type: 'usize', offset: 128 },
    left: { type: 'usize', offset: 132 },
    slowdown: { type: 'usize', offset: 136 },
    type: { type: 'usize', offset: 140 },
    number: { type: 'usize', offset: 144 },
    cell: { type: 'usize', offset: 148 },
    positionOf: { type: 'usize', offset: 152 },
    idleBits: { type: 'usize', offset: 156 },
    runs: { type: 'i32', offset: 160 },
    firstRun: { type: 'usize', offset: 164 },
    learns: { type: 'i32', offset: 168 },
    typeSlowdown: { type: 'usize', offset: 172 },
    quantileSlowdown: { type: 'usize', offset: 176 },
    tookSum: { type: 'usize', offset: 180 },
    meanSum: { type: 'usize', offset: 184 },
    typicalSum: { type: 'usize', offset: 188 },
    usual: { type: 'usize', offset: 192 },
    estimates: { type: 'usize', offset: 196 },
    sorted: { type: 'usize', offset: 200 },
    refreshAt: { type: 'f64', offset: 208 },
    refreshed: { type: 'f64', offset: 216 },
    aging: { type: 'f64', offset: 224 },
    lateCount: { type: 'i32', offset: 232 },
    everLate: { type: 'f64', offset: 240 },
    everArrived: { type: 'f64', offset: 248 },
  },
  write(view, address, values) {
    view.setInt32(address, values.instances, true)
    view.setInt32(address + 4, values.idle, true)
    view.setInt32(address + 8, values.pending, true)
    view.setInt32(address + 12, values.started, true)
    view.setUint32(address + 16, values.startedQuery, true)
    view.setUint32(address + 20, values.startedInstance, true)
    view.setInt32(address + 24, values.types, true)
    view.setInt32(address + 28, values.bins, true)
    view.setUint32(address + 32, values.mean, true)
    view.setUint32(address + 36, values.typical, true)
    view.setInt32(address + 40, values.rule, true)
    view.setInt32(address + 44, values.space, true)
    view.setUint32(address + 48, values.table, true)
    view.setUint32(address + 52, values.work, true)
    view.setUint32(address + 56, values.slots, true)
    view.setInt32(address + 60, values.head, true)
    view.setInt32(address + 64, values.tail, true)
    view.setInt32(address + 68, values.freed, true)
    view.setInt32(address + 72, values.unused, true)
    view.setInt32(address + 76, values.inTime, true)
    view.setInt32(address + 80, values.arrived, true)
    view.setFloat64(address + 88, values.lastArrival, true)
    view.setFloat64(address + 96, values.rootGap, true)
    view.setFloat64(address + 104, values.longRootGap, true)
    view.setUint32(address + 112, values.byArrival, true)
    view.setUint32(address + 116, values.byLatest, true)
    view.setInt32(address + 120, values.numbers, true)
    view.setUint32(address + 124, values.expected, true)
    view.setUint32(address + 128, values.since, true)
    view.setUint32(address + 132, values.left, true)
    view.setUint32(address + 136, values.slowdown, true)
    view.setUint32(address + 140, values.type, true)
    view.setUint32(address + 144, values.number, true)
    view.setUint32(address + 148, values.cell, true)
    view.setUint32(address + 152, values.positionOf, true)
    view.setUint32(address + 156, values.idleBits, true)
    view.setInt32(address + 160, values.runs, true)
    view.setUint32(address + 164, values.firstRun, true)
    view.setInt32(address + 168, values.learns, true)
    view.setUint32(address + 172, values.typeSlowdown, true)
    view.setUint32(address + 176, values.quantileSlowdown, true)
    view.setUint32(address + 180, values.tookSum, true)
    view.setUint32(address + 184, values.meanSum, true)
    view.setUint32(address + 188, values.typicalSum, true)
    view.setUint32(address + 192, values.usual, true)
    view.setUint32(address + 196, values.estimates, true)
    view.setUint32(address + 200, values.sorted, true)
    view.setFloat64(address + 208, values.refreshAt, true)
    view.setFloat64(address + 216, values.refreshed, true)
    view.setFloat64(address + 224, values.aging, true)
    view.setInt32(address + 232, values.lateCount, true)
    view.setFloat64(address + 240, values.everLate, true)
    view.setFloat64(address + 248, values.everArrived, true)
  },
}

/** Arguments of createDispatcher. */
export interface DispatcherArguments {
  /** See the fields of the dispatcher. */
  readonly mean: number
  readonly typical: number
  readonly table: number
  /** Address of typeSlowdownBytes() bytes. */
  readonly slowdowns: number
  readonly types: number
  readonly bins: number
  readonly rule: number
  readonly space: number
  readonly learns: number
}

export const DispatcherArguments: Layout<DispatcherArguments> = {
  size: 36,
  fields: {
    mean: { type: 'usize', offset: 0 },
    typical: { type: 'usize', offset: 4 },
    table: { type: 'usize', offset: 8 },
    slowdowns: { type: 'usize', offset: 12 },
    types: { type: 'i32', offset: 16 },
    bins: { type: 'i32', offset: 20 },
    rule: { type: 'i32', offset: 24 },
    space: { type: 'i32', offset: 28 },
    learns: { type: 'i32', offset: 32 },
  },
  write(view, address, values) {
    view.setUint32(address, values.mean, true)
    view.setUint32(address + 4, values.typical, true)
    view.setUint32(address + 8, values.table, true)
    view.setUint32(address + 12, values.slowdowns, true)
    view.setInt32(address + 16, values.types, true)
    view.setInt32(address + 20, values.bins, true)
    view.setInt32(address + 24, values.rule, true)
    view.setInt32(address + 28, values.space, true)
    view.setInt32(address + 32, values.learns, true)
  },
}

/** Arguments of retune. Where the rule is the one that decides already, only `rule` is read. */
export interface RetuneArguments {
  readonly rule: number
  readonly space: number
  readonly table: number
  readonly typical: number
  /** Address of the work space of the rule, for up to `instances` instances. */
  readonly work: number
  readonly instances: number
  /** Address of the nodes of `queries` queries, 0 unless the flow decides. */
  readonly nodes: number
  readonly queries: number
}

export const RetuneArguments: Layout<RetuneArguments> = {
  size: 32,
  fields: {
    rule: { type: 'i32', offset: 0 },
    space: { type: 'i32', offset: 4 },
    table: { type: 'usize', offset: 8 },
    typical: { type: 'usize', offset: 12 },
    work: { type: 'usize', offset: 16 },
    instances: { type: 'i32', offset: 20 },
    nodes: { type: 'usize', offset: 24 },
    queries: { type: 'i32', offset: 28 },
  },
  write(view, address, values) {
    view.setInt32(address, values.rule, true)
    view.setInt32(address + 4, values.space, true)
    view.setUint32(address + 8, values.table, true)
    view.setUint32(address + 12, values.typical, true)
    view.setUint32(address + 16, values.work, true)
    view.setInt32(address + 20, values.instances, true)
    view.setUint32(address + 24, values.nodes, true)
    view.setInt32(address + 28, values.queries, true)
  },
}
