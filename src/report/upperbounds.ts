import type { RankedBatches, RankingHead } from '../model/results/ranking.ts'

/**
 * The file `upperbounds/<model>.json` of the published artifact: `"counts": [cost, bound]`, best first. It
 * is built as text: an object would move keys that look like integers to the front.
 */
export async function* upperboundsJson({ space }: RankingHead, rows: RankedBatches): AsyncGenerator<string> {
  yield '{'
  let separator = '\n'
  for await (const batch of rows) {
    const entries = batch.map(({ counts, bound }) => {
      // the sum of the prices, rounded once
      const sum = counts.reduce((cost, count, t) => cost + count * space.types[t].pricePerHour, 0)
      const cost = Number(sum.toFixed(3))
      return `    "${counts.join(', ')}": [\n        ${float(cost)},\n        ${float(bound)}\n    ]`
    })
    yield separator + entries.join(',\n')
    separator = ',\n'
  }
  yield separator === '\n' ? '}\n' : '\n}\n'
}

// the artifact's numbers are floats even where they are whole
function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
