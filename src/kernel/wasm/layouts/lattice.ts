// Written by .config/generate-layouts.mjs from assembly/layout/lattice.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** A box of counts. Configurations are numbered in mixed radix: the last axis runs fastest. */
export interface Lattice {
  /** The most that a configuration may cost. */
  readonly budget: number
  /** T smallest counts. */
  readonly min: number
  /** T numbers of counts, each at least 1. */
  readonly size: number
  /** T prices of an instance; the cost of a configuration is summed left to right. */
  readonly price: number
  readonly types: number
}

export const Lattice: Layout<Lattice> = {
  size: 24,
  fields: {
    budget: { type: 'f64', offset: 0 },
    min: { type: 'usize', offset: 8 },
    size: { type: 'usize', offset: 12 },
    price: { type: 'usize', offset: 16 },
    types: { type: 'i32', offset: 20 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.budget, true)
    view.setUint32(address + 8, values.min, true)
    view.setUint32(address + 12, values.size, true)
    view.setUint32(address + 16, values.price, true)
    view.setInt32(address + 20, values.types, true)
  },
}

/** A row of a ranking. Rows are in total order: bound descending, cost ascending if it counts, number ascending. */
export interface Row {
  readonly bound: number
  readonly cost: number
  readonly number: number
}

export const Row: Layout<Row> = {
  size: 24,
  fields: {
    bound: { type: 'f64', offset: 0 },
    cost: { type: 'f64', offset: 8 },
    number: { type: 'f64', offset: 16 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.bound, true)
    view.setFloat64(address + 8, values.cost, true)
    view.setFloat64(address + 16, values.number, true)
  },
}

/** Which rows of a range to select, and where to put them. */
export interface Page {
  /** The first configuration of the range. */
  readonly from: number
  /** One more than the last. */
  readonly to: number
  /** Only rows that come after this one; its bound is Infinity to select from all. */
  readonly after: number
  /** Address of room for `capacity` rows. The selected ones end up at its start, best first. */
  readonly rows: number
  /** How many rows to select, at least 1. */
  readonly limit: number
  /** More than `limit`: the larger, the less often rows are sorted out. */
  readonly capacity: number
  /** 1 if equal bounds are ordered by cost before number, else 0. */
  readonly byCost: number
}

export const Page: Layout<Page> = {
  size: 36,
  fields: {
    from: { type: 'f64', offset: 0 },
    to: { type: 'f64', offset: 8 },
    after: { type: 'usize', offset: 16 },
    rows: { type: 'usize', offset: 20 },
    limit: { type: 'i32', offset: 24 },
    capacity: { type: 'i32', offset: 28 },
    byCost: { type: 'i32', offset: 32 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.from, true)
    view.setFloat64(address + 8, values.to, true)
    view.setUint32(address + 16, values.after, true)
    view.setUint32(address + 20, values.rows, true)
    view.setInt32(address + 24, values.limit, true)
    view.setInt32(address + 28, values.capacity, true)
    view.setInt32(address + 32, values.byCost, true)
  },
}

/** What a selection found. */
export interface SelectionCounts {
  /** Configurations of the range within the budget, without the one that has no instance. */
  readonly withinBudget: number
  /** Those of them with a bound above 0. */
  readonly feasible: number
  /** Rows that were selected. */
  readonly selected: number
}

export const SelectionCounts: Layout<SelectionCounts> = {
  size: 20,
  fields: {
    withinBudget: { type: 'f64', offset: 0 },
    feasible: { type: 'f64', offset: 8 },
    selected: { type: 'i32', offset: 16 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.withinBudget, true)
    view.setFloat64(address + 8, values.feasible, true)
    view.setInt32(address + 16, values.selected, true)
  },
}
