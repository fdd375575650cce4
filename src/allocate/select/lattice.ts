import type { FluidProgram, Lattice } from '../../kernel/contract.ts'
import { costLimit, type Space, sizeOf } from '../../model/fleet/space.ts'

/** A space as a kernel takes it, with the fluid program that bounds its configurations. */
export interface FluidSpace {
  readonly lattice: Lattice
  readonly program: FluidProgram
  /** The number of configurations of the lattice. */
  readonly size: number
}

/**
 * The share by which a budget is larger where prices are summed in another order than that of the space: more than a rounding
 * error. Rows are checked against the budget itself.
 */
export const BUDGET_ROUNDING = 1e-12

/** The box of a space as a kernel takes it. */
export function latticeOf(space: Space): Lattice {
  return {
    min: Float64Array.from(space.types, ({ min = 0 }) => min),
    size: Float64Array.from(space.types, ({ min = 0, max }) => max - min + 1),
    price: Float64Array.from(space.types, (type) => type.pricePerHour),
    budget: costLimit(space),
  }
}

export function fluidSpace(space: Space, program: FluidProgram): FluidSpace {
  return { lattice: latticeOf(space), program, size: sizeOf(space) }
}
