// The fluid bounds of a list of configurations, and the routing of one.

import { FluidBoundsArguments, FluidRoutingArguments } from '../layout/fluid-arguments'
import { fluidWorkAt } from '../layout/fluid-work'
import { optimise, startFluid } from './optimise'
import { writePrices, writeShares } from './prices'
import { boundOf } from './refine'

/** Writes the bounds, prices and violation prices of a list of configurations; 0 for those that are infeasible. */
export function fluidBounds(list: FluidBoundsArguments): void {
  createBounds(list)
  boundMore(list)
}

/** Begins a list: boundMore() takes its configurations, some at a time. The state is in the space of the arguments. */
export function createBounds(list: FluidBoundsArguments): void {
  startFluid(list.space, list.program, list.bases)
}

/** Writes what fluidBounds() does for the next configurations. The results do not depend on how the list is divided. */
export function boundMore(list: FluidBoundsArguments): void {
  const types = list.program.types
  const work = fluidWorkAt(list.space, list.program.lines, list.program.bins)
  list.bounds.clear(list.rows)
  list.prices.clear(list.rows * types)
  list.violationPrices.clear(list.rows)
  for (let i = 0; i < list.rows; i++) {
    if (!optimise(work, list.counts.from(i * types))) continue
    list.bounds[i] = boundOf(work)
    list.violationPrices[i] = writePrices(work, list.prices.from(i * types))
  }
}

/** Writes the bound of a configuration, its prices, and the share of every bin that goes to every line. */
export function fluidRouting(routing: FluidRoutingArguments): void {
  const types = routing.program.types
  const bins = routing.program.bins
  const work = startFluid(routing.space, routing.program, 1)
  routing.bound = 0
  routing.violationPrice = 0
  routing.prices.clear(types)
  routing.shares.clear(routing.program.lines * bins)
  if (!optimise(work, routing.counts)) return
  routing.bound = boundOf(work)
  routing.violationPrice = writePrices(work, routing.prices)
  writeShares(work, bins, routing.shares)
}
