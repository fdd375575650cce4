import loadHighs from 'highs'
import type { FluidProgram } from '../../src/kernel/contract.ts'

// the types of the package are those of its CommonJS build
export const highs = await (loadHighs as unknown as typeof loadHighs.default)()

/** The fluid program of one configuration in the LP format that HiGHS reads. */
export function fluidLp(program: FluidProgram, counts: ArrayLike<number>): string {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const used = Array.from(counts, (_, t) => t).filter((t) => counts[t] > 0)
  const asked = Array.from(probability, (_, k) => k).filter((k) => probability[k] > 0)
  const sum = (terms: string[]) => terms.join(' + ').replaceAll('+ -', '- ')
  const cell = (table: Float64Array, t: number, k: number, unit = 1) => table[t * bins + k] * unit
  const misses = used.flatMap((t) => asked.map((k) => `${cell(violation, t, k)} x${t}_${k}`))
  return [
    'Maximize\n rate: rate\nSubject To',
    ...asked.map(
      (k) => ` bin${k}: ${sum([...used.map((t) => `x${t}_${k}`), `-${probability[k]} rate`])} = 0`,
    ),
    ...used.map((t) => {
      const busy = asked.map((k) => `${cell(service, t, k, 1e-3)} x${t}_${k}`)
      return ` type${t}: ${sum(busy)} <= ${counts[t]}`
    }),
    ` misses: ${sum([...misses, `-${epsilon} rate`])} <= 0`,
    'End',
  ].join('\n')
}

/** The fluid bound of one configuration and the price of each type, by HiGHS. */
export function highsBound(
  program: FluidProgram,
  counts: ArrayLike<number>,
): { readonly bound: number; readonly price: readonly number[] } {
  const solution = highs.solve(fluidLp(program, counts), { output_flag: false })
  if (solution.Status !== 'Optimal') throw new Error(`HiGHS: ${solution.Status}`)
  const priceOf = (t: number) => {
    const row = solution.Rows.find((each) => 'Name' in each && each.Name === `type${t}`)
    return row && 'Dual' in row ? Number(row.Dual) : 0
  }
  return { bound: solution.ObjectiveValue, price: Array.from(counts, (_, t) => priceOf(t)) }
}
