import type { RankedBatches, RankedConfiguration } from '../../model/results/ranking.ts'

/** The rows that a report holds; the page computes others again. */
const MOST_ROWS = 1000

/** The first rows of a ranking, and how many there are. */
export interface FoundRows {
  readonly rows: readonly RankedConfiguration[]
  readonly listed: number
}

/** Keeps the first rows of a ranking while they pass by. */
export function createRowKeeper(isWanted: boolean, most = MOST_ROWS) {
  const rows: RankedConfiguration[] = []
  let listed = 0
  return {
    async *passing(batches: RankedBatches): AsyncGenerator<readonly RankedConfiguration[]> {
      for await (const batch of batches) {
        listed += batch.length
        if (isWanted) rows.push(...batch.slice(0, most - rows.length))
        yield batch
      }
    },
    found: (): FoundRows => ({ rows, listed }),
  }
}
