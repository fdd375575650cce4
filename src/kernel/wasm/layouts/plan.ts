// Written by .config/generate-layouts.mjs from assembly/layout/plan.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** An optimal plan to compute, with its work space. */
export interface PlanArguments {
  readonly types: number
  readonly windows: number
  /** Windows for which a configuration is chosen, from the first on. */
  readonly wanted: number
  /** From this window on, running costs nothing. */
  readonly billedWindows: number
  /** 1: `initial` counts; 0: the starts of the first window cost nothing. */
  readonly hasInitial: number
  /** Windows from one checkpoint of the cost-to-go to the next. */
  readonly segment: number
  /** Cells of one table: those of the largest box. */
  readonly tableCells: number
  readonly maxCounts: number
  readonly runCost: number
  readonly startCost: number
  readonly initial: number
  /** Queries per second; -1 for a configuration that may not run. */
  readonly capacity: number
  readonly need: number
  readonly lower: number
  readonly upper: number
  readonly strides: number
  readonly inner: number
  readonly outer: number
  readonly steps: number
  readonly scratch: number
  readonly tables: number
  /** Output, `wanted` positions in the lattice. */
  readonly configuration: number
}

export const PlanArguments: Layout<PlanArguments> = {
  size: 88,
  fields: {
    types: { type: 'i32', offset: 0 },
    windows: { type: 'i32', offset: 4 },
    wanted: { type: 'i32', offset: 8 },
    billedWindows: { type: 'i32', offset: 12 },
    hasInitial: { type: 'i32', offset: 16 },
    segment: { type: 'i32', offset: 20 },
    tableCells: { type: 'i32', offset: 24 },
    maxCounts: { type: 'usize', offset: 28 },
    runCost: { type: 'usize', offset: 32 },
    startCost: { type: 'usize', offset: 36 },
    initial: { type: 'usize', offset: 40 },
    capacity: { type: 'usize', offset: 44 },
    need: { type: 'usize', offset: 48 },
    lower: { type: 'usize', offset: 52 },
    upper: { type: 'usize', offset: 56 },
    strides: { type: 'usize', offset: 60 },
    inner: { type: 'usize', offset: 64 },
    outer: { type: 'usize', offset: 68 },
    steps: { type: 'usize', offset: 72 },
    scratch: { type: 'usize', offset: 76 },
    tables: { type: 'usize', offset: 80 },
    configuration: { type: 'usize', offset: 84 },
  },
  write(view, address, values) {
    view.setInt32(address, values.types, true)
    view.setInt32(address + 4, values.windows, true)
    view.setInt32(address + 8, values.wanted, true)
    view.setInt32(address + 12, values.billedWindows, true)
    view.setInt32(address + 16, values.hasInitial, true)
    view.setInt32(address + 20, values.segment, true)
    view.setInt32(address + 24, values.tableCells, true)
    view.setUint32(address + 28, values.maxCounts, true)
    view.setUint32(address + 32, values.runCost, true)
    view.setUint32(address + 36, values.startCost, true)
    view.setUint32(address + 40, values.initial, true)
    view.setUint32(address + 44, values.capacity, true)
    view.setUint32(address + 48, values.need, true)
    view.setUint32(address + 52, values.lower, true)
    view.setUint32(address + 56, values.upper, true)
    view.setUint32(address + 60, values.strides, true)
    view.setUint32(address + 64, values.inner, true)
    view.setUint32(address + 68, values.outer, true)
    view.setUint32(address + 72, values.steps, true)
    view.setUint32(address + 76, values.scratch, true)
    view.setUint32(address + 80, values.tables, true)
    view.setUint32(address + 84, values.configuration, true)
  },
}
