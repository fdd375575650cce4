import type { FluidProgram, Lattice } from '../../kernel/contract.ts'
import { affordableSpace, costLimit, type Space, sizeOf } from '../../model/fleet/space.ts'

/** A space as a kernel takes it, with the fluid program that bounds its configurations. */
export interface FluidSpace {
  readonly lattice: Lattice
  readonly program: FluidProgram
  /** The number of configurations of the lattice. */
  readonly size: number
}

/**
 * The share by which a budget is larger where prices are summed in another order than that of the space: more than a
 * rounding error. Rows are checked against the budget itself.
 */
export const BUDGET_ROUNDING = 1e-12

/** Configurations up to which a space is enumerated for the fluid bound; a larger one is searched. */
export const MOST_ENUMERATED = 1e8

/** The space whose configurations are numbered: that without the counts that are too dear, if it is large. */
function numberedSpace(space: Space): Space {
  return sizeOf(space) > MOST_ENUMERATED ? affordableSpace(space) : space
}

/** The box of a space as a kernel takes it, where it is large without the counts that are too dear. */
export function latticeOf(space: Space): Lattice {
  const { types } = numberedSpace(space)
  return {
    min: Float64Array.from(types, ({ min = 0 }) => min),
    size: Float64Array.from(types, ({ min = 0, max }) => max - min + 1),
    price: Float64Array.from(types, (type) => type.pricePerHour),
    budget: costLimit(space),
  }
}

/** The number of configurations of the lattice of a space. */
export function latticeSize(space: Space): number {
  return sizeOf(numberedSpace(space))
}

export function fluidSpace(space: Space, program: FluidProgram): FluidSpace {
  return { lattice: latticeOf(space), program, size: latticeSize(space) }
}
