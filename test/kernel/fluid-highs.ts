import loadHighs from 'highs'
import type { FluidProgram } from '../../src/kernel/contract.ts'
import { lineTypesOf } from '../../src/kernel/fluid-lines.ts'

// the types of the package are those of its CommonJS build
export const highs = await (loadHighs as unknown as typeof loadHighs.default)()

/** The fluid program of one configuration in the LP format that HiGHS reads. */
export function fluidLp(program: FluidProgram, counts: ArrayLike<number>): string {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const types = Array.from(lineTypesOf(program))
  const used = Array.from(types.keys()).filter((line) => counts[types[line]] > 0)
  const usedTypes = [...new Set(used.map((line) => types[line]))]
  const asked = Array.from(probability, (_, k) => k).filter((k) => probability[k] > 0)
  const sum = (terms: string[]) => terms.join(' + ').replaceAll('+ -', '- ')
  const cell = (table: Float64Array, line: number, k: number, unit = 1) => table[line * bins + k] * unit
  const misses = used.flatMap((line) => asked.map((k) => `${cell(violation, line, k)} x${line}_${k}`))
  return [
    'Maximize\n rate: rate\nSubject To',
    ...asked.map(
      (k) => ` bin${k}: ${sum([...used.map((line) => `x${line}_${k}`), `-${probability[k]} rate`])} = 0`,
    ),
    ...usedTypes.map((t) => {
      const lines = used.filter((line) => types[line] === t)
      const busy = lines.flatMap((line) => asked.map((k) => `${cell(service, line, k, 1e-3)} x${line}_${k}`))
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
