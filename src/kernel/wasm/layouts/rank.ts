// Written by .config/generate-layouts.mjs from assembly/layout/rank.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** The closed form of the published allocator. closed-form.ts explains the symbols. */
export interface ClosedForm {
  /** Q_b: queries a second of one base instance on the whole mix. */
  readonly baseRate: number
  /** T shares f of the queries in bins up to the type's cutoff. Entries of the base are not read. */
  readonly smallShare: number
  /** T shares τ of the base's busy time that go to these queries. */
  readonly timeShare: number
  /** T ranks of the type's cutoff s among the C distinct cutoffs in increasing order. */
  readonly cutoff: number
  /** C x T rates Q_t(s): queries a second of one instance on the bins up to a cutoff. */
  readonly rate: number
  /** b: the position of the base type. */
  readonly base: number
}

export const ClosedForm: Layout<ClosedForm> = {
  size: 28,
  fields: {
    baseRate: { type: 'f64', offset: 0 },
    smallShare: { type: 'usize', offset: 8 },
    timeShare: { type: 'usize', offset: 12 },
    cutoff: { type: 'usize', offset: 16 },
    rate: { type: 'usize', offset: 20 },
    base: { type: 'i32', offset: 24 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.baseRate, true)
    view.setUint32(address + 8, values.smallShare, true)
    view.setUint32(address + 12, values.timeShare, true)
    view.setUint32(address + 16, values.cutoff, true)
    view.setUint32(address + 20, values.rate, true)
    view.setInt32(address + 24, values.base, true)
  },
}

/** Arguments of scanLattice. */
export interface ScanArguments {
  /** The first configuration of the range. */
  readonly from: number
  /** One more than the last. */
  readonly to: number
  readonly lattice: number
  readonly form: number
  /** Address of rankWorkBytes() bytes. */
  readonly work: number
  /** Room for `to - from` bounds. */
  readonly bounds: number
}

export const ScanArguments: Layout<ScanArguments> = {
  size: 32,
  fields: {
    from: { type: 'f64', offset: 0 },
    to: { type: 'f64', offset: 8 },
    lattice: { type: 'usize', offset: 16 },
    form: { type: 'usize', offset: 20 },
    work: { type: 'usize', offset: 24 },
    bounds: { type: 'usize', offset: 28 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.from, true)
    view.setFloat64(address + 8, values.to, true)
    view.setUint32(address + 16, values.lattice, true)
    view.setUint32(address + 20, values.form, true)
    view.setUint32(address + 24, values.work, true)
    view.setUint32(address + 28, values.bounds, true)
  },
}

/** Arguments of selectLattice. */
export interface SelectArguments {
  readonly lattice: number
  readonly form: number
  readonly page: number
  /** Address of rankWorkBytes() bytes. */
  readonly work: number
  /** Written. */
  readonly counts: number
}

export const SelectArguments: Layout<SelectArguments> = {
  size: 20,
  fields: {
    lattice: { type: 'usize', offset: 0 },
    form: { type: 'usize', offset: 4 },
    page: { type: 'usize', offset: 8 },
    work: { type: 'usize', offset: 12 },
    counts: { type: 'usize', offset: 16 },
  },
  write(view, address, values) {
    view.setUint32(address, values.lattice, true)
    view.setUint32(address + 4, values.form, true)
    view.setUint32(address + 8, values.page, true)
    view.setUint32(address + 12, values.work, true)
    view.setUint32(address + 16, values.counts, true)
  },
}
