import type { FluidProgram } from '../../src/kernel/contract.ts'

/** The batched program with a line for every batch size, none pruned. Lines of a type are in no order. */
export function everyMode(program: FluidProgram, sizes: Float64Array, largest: Int32Array) {
  const { probability, service, violation } = program
  const bins = probability.length
  const cells = Array.from(largest, (most, type) =>
    Array.from({ length: bins }, (_, batch) =>
      Array.from({ length: bins }, (_, k) => {
        const bin = batch >= k && batch <= most ? batch : k
        const at = type * bins + bin
        return {
          service: bin === k ? service[at] : (service[at] * sizes[k]) / sizes[bin],
          violation: violation[at],
        }
      }),
    ),
  ).flat(2)
  return {
    ...program,
    service: Float64Array.from(cells, (cell) => cell.service),
    violation: Float64Array.from(cells, (cell) => cell.violation),
    lineType: Int32Array.from({ length: largest.length * bins }, (_, line) => Math.floor(line / bins)),
  }
}
