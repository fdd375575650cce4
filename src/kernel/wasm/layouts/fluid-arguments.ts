// Written by .config/generate-layouts.mjs from assembly/layout/fluid-arguments.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments of fluidBounds, for N configurations of T types. */
export interface FluidBoundsArguments {
  readonly program: number
  /** Address of fluidWorkBytes() bytes. */
  readonly space: number
  /** N x T counts. */
  readonly counts: number
  /** Written: N bounds, queries a second. */
  readonly bounds: number
  /** Written: N x T prices. */
  readonly prices: number
  /** Written: N violation prices. */
  readonly violationPrices: number
  /** N. */
  readonly rows: number
  /** How many bases fit into the work space. */
  readonly bases: number
}

export const FluidBoundsArguments: Layout<FluidBoundsArguments> = {
  size: 32,
  fields: {
    program: { type: 'usize', offset: 0 },
    space: { type: 'usize', offset: 4 },
    counts: { type: 'usize', offset: 8 },
    bounds: { type: 'usize', offset: 12 },
    prices: { type: 'usize', offset: 16 },
    violationPrices: { type: 'usize', offset: 20 },
    rows: { type: 'i32', offset: 24 },
    bases: { type: 'i32', offset: 28 },
  },
  write(view, address, values) {
    view.setUint32(address, values.program, true)
    view.setUint32(address + 4, values.space, true)
    view.setUint32(address + 8, values.counts, true)
    view.setUint32(address + 12, values.bounds, true)
    view.setUint32(address + 16, values.prices, true)
    view.setUint32(address + 20, values.violationPrices, true)
    view.setInt32(address + 24, values.rows, true)
    view.setInt32(address + 28, values.bases, true)
  },
}

/** Arguments and results of fluidRouting, for one configuration of T types, L lines and K bins. */
export interface FluidRoutingArguments {
  /** Written: the bound, queries a second; 0 if infeasible, as all results then. */
  readonly bound: number
  /** Written: the violation price. */
  readonly violationPrice: number
  readonly program: number
  /** Address of fluidWorkBytes() bytes for one basis. */
  readonly space: number
  /** T counts. */
  readonly counts: number
  /** Written: T prices. */
  readonly prices: number
  /** Written: L x K shares. */
  readonly shares: number
}

export const FluidRoutingArguments: Layout<FluidRoutingArguments> = {
  size: 36,
  fields: {
    bound: { type: 'f64', offset: 0 },
    violationPrice: { type: 'f64', offset: 8 },
    program: { type: 'usize', offset: 16 },
    space: { type: 'usize', offset: 20 },
    counts: { type: 'usize', offset: 24 },
    prices: { type: 'usize', offset: 28 },
    shares: { type: 'usize', offset: 32 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.bound, true)
    view.setFloat64(address + 8, values.violationPrice, true)
    view.setUint32(address + 16, values.program, true)
    view.setUint32(address + 20, values.space, true)
    view.setUint32(address + 24, values.counts, true)
    view.setUint32(address + 28, values.prices, true)
    view.setUint32(address + 32, values.shares, true)
  },
}
