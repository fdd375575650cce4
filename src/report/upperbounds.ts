import type { RankedRows, RankingHeadResult } from './ranking-result.ts'

/**
 * The file `upperbounds/<model>.json` of the published artifact: `"counts": [cost, bound]`, best first. It
 * is text and not an object, since an object would move keys that look like integers to the front.
 */
export async function* upperboundsJson(_head: RankingHeadResult, rows: RankedRows): AsyncGenerator<string> {
  yield '{'
  let separator = '\n'
  for await (const batch of rows) {
    const entries = batch.map(({ counts, costPerHour, bound }) => {
      const cost = Math.round(costPerHour * 1000) / 1000
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
