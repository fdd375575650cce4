import { expect, test } from 'vitest'
import { createRowKeeper } from '../../../src/cli/output/row-keeper.ts'
import type { RankedConfiguration } from '../../../src/model/results/ranking.ts'

/** Rows in batches of these sizes. */
async function* batchesOf(...sizes: number[]) {
  let n = 0
  const next = (): RankedConfiguration => ({ rank: ++n, counts: [n], costPerHour: 1, bound: 1 })
  for (const size of sizes) yield Array.from({ length: size }, next)
}

test.each([true, false])(
  'all rows pass, and the first thousand are kept where they are wanted: %s',
  async (isWanted) => {
    const keeper = createRowKeeper(isWanted)
    const passed: RankedConfiguration[] = []
    for await (const batch of keeper.passing(batchesOf(700, 700, 700))) passed.push(...batch)
    const { rows, listed } = keeper.found()
    expect([passed.length, listed]).toEqual([2100, 2100])
    expect(rows).toEqual(isWanted ? passed.slice(0, 1000) : [])
  },
)
