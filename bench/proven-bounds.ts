/** Fluid bounds of the kernel, checked before they are timed: by their certificates, and against other solvers. */
import { certify } from '../src/bound/certificate.ts'
import type { FluidProgram } from '../src/kernel/contract.ts'
import { loadKernel } from '../src/kernel/load.ts'
import { fluidLp, highs } from '../test/kernel/fluid-highs.ts'

/** A solver of a program: from counts to the bound. */
export type Solver = (counts: readonly number[]) => number

export interface ProvenBounds {
  /** By configuration, 0 where it is infeasible. */
  readonly bound: Float64Array
  /** The numbers of the feasible configurations. */
  readonly feasible: readonly number[]
}

/**
 * The bounds of configurations. Every `step`-th feasible one is proven by its certificate.
 *
 * @param full a program with the same bounds, over which they are proven
 */
export function provenBounds(
  program: FluidProgram,
  all: readonly (readonly number[])[],
  { full = program, step = 1 } = {},
): ProvenBounds {
  const counts = Float64Array.from(all.flat())
  const { bound, price, violationPrice } = loadKernel('wasm').fluidBounds({ program, counts })
  const feasible = Array.from(all.keys()).filter((i) => bound[i] > 0)
  const types = all[0].length
  for (let j = 0; j < feasible.length; j += step) {
    const i = feasible[j]
    const claim = {
      bound: bound[i],
      price: price.subarray(i * types, (i + 1) * types),
      violationPrice: violationPrice[i],
    }
    const { infeasibility, gap } = certify(full, Float64Array.from(all[i]), claim)
    if (!(infeasibility < 1e-9 && gap < 1e-9)) throw new Error(`the bound of ${all[i]} is not proven`)
  }
  return { bound, feasible }
}

/** Feasible configurations at even distances, for which another solver has the same bounds. */
export function agreedSample(
  { bound, feasible }: ProvenBounds,
  all: readonly (readonly number[])[],
  size: number,
  solvers: Readonly<Record<string, Solver>>,
): (readonly number[])[] {
  const sample = Array.from(
    { length: size },
    (_, i) => feasible[Math.floor(((i + 0.5) * feasible.length) / size)],
  )
  for (const [name, solve] of Object.entries(solvers)) {
    for (const i of sample) {
      const other = solve(all[i])
      if (Math.abs(other - bound[i]) < 1e-6 * bound[i]) continue
      throw new Error(`${name} gives ${other} for ${all[i]}, the kernel ${bound[i]}`)
    }
  }
  return sample.map((i) => all[i])
}

export function highsOf(program: FluidProgram): Solver {
  return (counts) => highs.solve(fluidLp(program, counts), { output_flag: false }).ObjectiveValue
}
