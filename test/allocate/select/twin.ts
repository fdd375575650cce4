import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'

/** The space with its first type once more, between other limits, and last. */
export function withTwin({ lattice, program, size }: FluidSpace, min: number, more: number): FluidSpace {
  const bins = program.probability.length
  const twin = (values: Float64Array, first: number, length = 1) =>
    Float64Array.of(...values, ...(Number.isNaN(first) ? values.subarray(0, length) : [first]))
  return {
    lattice: {
      min: twin(lattice.min, min),
      size: twin(lattice.size, more + 1),
      price: twin(lattice.price, Number.NaN),
      budget: lattice.budget,
    },
    program: {
      ...program,
      service: twin(program.service, Number.NaN, bins),
      violation: twin(program.violation, Number.NaN, bins),
    },
    size: size * (more + 1),
  }
}
