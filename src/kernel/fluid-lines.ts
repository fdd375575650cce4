import type { FluidProgram } from './contract.ts'

/** The number of lines of a fluid program, L. */
export function linesOf({ service, probability }: FluidProgram): number {
  return service.length / probability.length
}

/** The number of its types, T. */
export function typesOf(program: FluidProgram): number {
  const { lineType } = program
  return lineType ? lineType[lineType.length - 1] + 1 : linesOf(program)
}

/** The type of each line. */
export function lineTypesOf(program: FluidProgram): Int32Array {
  return program.lineType ?? Int32Array.from({ length: linesOf(program) }, (_, line) => line)
}
