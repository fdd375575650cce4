// Written by .config/generate-layouts.mjs from assembly/layout/rank.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments of selectLattice. */
export interface SelectArguments {
  /** The first configuration of the range. */
  readonly from: number
  /** One more than the last. */
  readonly to: number
  /** Address of the lattice. */
  readonly lattice: number
  /** Address of the closed form. */
  readonly form: number
  /** Address of the row after which rows are kept; its bound is Infinity to keep all. */
  readonly after: number
  /** Address of latticeWorkBytes() bytes. */
  readonly work: number
  /** Address of room for `capacity` rows; the kept rows end up at its start, best first. */
  readonly rows: number
  /** Address of three f64 that are written: rows kept, configurations within the budget, those with a bound above 0. */
  readonly out: number
  /** Number of instance types. */
  readonly types: number
  /** Position of the base type. */
  readonly base: number
  /** How many rows to keep, at least 1. */
  readonly limit: number
  /** More than `limit`. */
  readonly capacity: number
  /** 1 if equal bounds are ordered by cost before number, else 0. */
  readonly byCost: number
}

export const SelectArguments: Layout<SelectArguments> = {
  size: 60,
  fields: {
    from: { type: 'f64', offset: 0 },
    to: { type: 'f64', offset: 8 },
    lattice: { type: 'usize', offset: 16 },
    form: { type: 'usize', offset: 20 },
    after: { type: 'usize', offset: 24 },
    work: { type: 'usize', offset: 28 },
    rows: { type: 'usize', offset: 32 },
    out: { type: 'usize', offset: 36 },
    types: { type: 'i32', offset: 40 },
    base: { type: 'i32', offset: 44 },
    limit: { type: 'i32', offset: 48 },
    capacity: { type: 'i32', offset: 52 },
    byCost: { type: 'i32', offset: 56 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.from, true)
    view.setFloat64(address + 8, values.to, true)
    view.setUint32(address + 16, values.lattice, true)
    view.setUint32(address + 20, values.form, true)
    view.setUint32(address + 24, values.after, true)
    view.setUint32(address + 28, values.work, true)
    view.setUint32(address + 32, values.rows, true)
    view.setUint32(address + 36, values.out, true)
    view.setInt32(address + 40, values.types, true)
    view.setInt32(address + 44, values.base, true)
    view.setInt32(address + 48, values.limit, true)
    view.setInt32(address + 52, values.capacity, true)
    view.setInt32(address + 56, values.byCost, true)
  },
}
