import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'

/** The space with its first type once more, last, with at least `min` and at most `min + more` instances. */
export function withTwin({ lattice, program, size }: FluidSpace, min: number, more: number): FluidSpace {
  const bins = program.probability.length
  const withFirst = (table: Float64Array) => Float64Array.of(...table, ...table.subarray(0, bins))
  return {
    lattice: {
      min: Float64Array.of(...lattice.min, min),
      size: Float64Array.of(...lattice.size, more + 1),
      price: Float64Array.of(...lattice.price, lattice.price[0]),
      budget: lattice.budget,
    },
    program: { ...program, service: withFirst(program.service), violation: withFirst(program.violation) },
    size: size * (more + 1),
  }
}
