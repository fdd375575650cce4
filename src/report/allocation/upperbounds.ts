import { compareCounts, costOf } from '../../model/fleet/space.ts'
import type { RankedBatches, RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'

/** A row with its estimate as the published allocator computes it. */
interface PublishedRow extends Pick<RankedConfiguration, 'counts'> {
  readonly value: number
}

/** Rows whose bounds are this close may be in another order by the published estimate. */
const TIE = 1e-12

/**
 * The file `upperbounds/<model>.json` of the published artifact: `"counts": [cost, bound]`, best first, without a
 * newline at its end. It is built as text: an object would move keys that look like integers to the front.
 *
 * @param publishedValue the bound of the published allocator to the last bit; that of the row unless given
 */
export function upperboundsJson(publishedValue?: (counts: RankedConfiguration['counts']) => number) {
  return async function* write({ space }: RankingHead, rows: RankedBatches): AsyncGenerator<string> {
    yield '{'
    let separator = '\n'
    for await (const tied of tiesOf(rows)) {
      const values = tied.map(({ counts, bound }): PublishedRow => {
        return { counts, value: publishedValue?.(counts) ?? bound }
      })
      // stable: rows of one value stay in the order of their counts
      if (publishedValue) values.sort((a, b) => b.value - a.value || compareCounts(a.counts, b.counts))
      const entries = values.map(({ counts, value }) => {
        const cost = thousandths(costOf(space, counts))
        return `    "${counts.join(', ')}": [\n        ${float(cost)},\n        ${float(value)}\n    ]`
      })
      yield separator + entries.join(',\n')
      separator = ',\n'
    }
    yield separator === '\n' ? '}' : '\n}'
  }
}

/** Groups rows whose bounds are nearly equal. */
async function* tiesOf(rows: RankedBatches): AsyncGenerator<RankedConfiguration[]> {
  let tied: RankedConfiguration[] = []
  for await (const batch of rows) {
    for (const row of batch) {
      const isTie = tied.length > 0 && tied[tied.length - 1].bound - row.bound <= TIE * row.bound
      if (!isTie && tied.length > 0) {
        yield tied
        tied = []
      }
      tied.push(row)
    }
  }
  if (tied.length > 0) yield tied
}

/** A sum of prices, rounded once, as Python's round(cost, 3): a half becomes the even digit; `toFixed` rounds it up. */
function thousandths(cost: number): number {
  // only odd multiples of 1/16 lie exactly between two thousandths
  return (16 * cost) % 2 === 1 ? (2 * Math.round(500 * cost)) / 1000 : Number(cost.toFixed(3))
}

// the artifact's numbers are floats even where they are whole
function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
