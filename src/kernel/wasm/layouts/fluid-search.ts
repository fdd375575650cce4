// Written by .config/generate-layouts.mjs from assembly/layout/fluid-search.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments of selectFluid and createSelection. */
export interface SelectFluidArguments {
  /** Written: the first configuration of the range that is not done. */
  readonly next: number
  readonly program: number
  readonly lattice: number
  readonly page: number
  /** Address of selectFluidBytes() bytes. */
  readonly space: number
  /** Written. */
  readonly counts: number
  /** How many bases fit into the space. */
  readonly bases: number
  /** 1 if infeasible configurations within the budget are rows of bound 0, else 0. */
  readonly includeInfeasible: number
  /** Written: 1 if the solver gave up on a configuration, else 0. */
  readonly isUnsolved: number
}

export const SelectFluidArguments: Layout<SelectFluidArguments> = {
  size: 40,
  fields: {
    next: { type: 'f64', offset: 0 },
    program: { type: 'usize', offset: 8 },
    lattice: { type: 'usize', offset: 12 },
    page: { type: 'usize', offset: 16 },
    space: { type: 'usize', offset: 20 },
    counts: { type: 'usize', offset: 24 },
    bases: { type: 'i32', offset: 28 },
    includeInfeasible: { type: 'i32', offset: 32 },
    isUnsolved: { type: 'i32', offset: 36 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.next, true)
    view.setUint32(address + 8, values.program, true)
    view.setUint32(address + 12, values.lattice, true)
    view.setUint32(address + 16, values.page, true)
    view.setUint32(address + 20, values.space, true)
    view.setUint32(address + 24, values.counts, true)
    view.setInt32(address + 28, values.bases, true)
    view.setInt32(address + 32, values.includeInfeasible, true)
    view.setInt32(address + 36, values.isUnsolved, true)
  },
}

/** Arguments of searchFluid. */
export interface SearchFluidArguments {
  readonly program: number
  readonly lattice: number
  readonly page: number
  /** Only rows that come before this one, and this one itself. */
  readonly floor: number
  /** Address of selectFluidBytes() bytes. */
  readonly space: number
  /** Written. */
  readonly counts: number
  /** How many bases fit into the space. */
  readonly bases: number
  /** Written: 1 if the solver gave up on a configuration, else 0. */
  readonly isUnsolved: number
}

export const SearchFluidArguments: Layout<SearchFluidArguments> = {
  size: 32,
  fields: {
    program: { type: 'usize', offset: 0 },
    lattice: { type: 'usize', offset: 4 },
    page: { type: 'usize', offset: 8 },
    floor: { type: 'usize', offset: 12 },
    space: { type: 'usize', offset: 16 },
    counts: { type: 'usize', offset: 20 },
    bases: { type: 'i32', offset: 24 },
    isUnsolved: { type: 'i32', offset: 28 },
  },
  write(view, address, values) {
    view.setUint32(address, values.program, true)
    view.setUint32(address + 4, values.lattice, true)
    view.setUint32(address + 8, values.page, true)
    view.setUint32(address + 12, values.floor, true)
    view.setUint32(address + 16, values.space, true)
    view.setUint32(address + 20, values.counts, true)
    view.setInt32(address + 24, values.bases, true)
    view.setInt32(address + 28, values.isUnsolved, true)
  },
}

/** What a search found. */
export interface SearchCounts {
  /** Nodes that were examined. */
  readonly visited: number
  /** Nodes of which the subtree was ruled out by its bound. */
  readonly pruned: number
  /** Rows that were selected. */
  readonly selected: number
}

export const SearchCounts: Layout<SearchCounts> = {
  size: 20,
  fields: {
    visited: { type: 'f64', offset: 0 },
    pruned: { type: 'f64', offset: 8 },
    selected: { type: 'i32', offset: 16 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.visited, true)
    view.setFloat64(address + 8, values.pruned, true)
    view.setInt32(address + 16, values.selected, true)
  },
}
