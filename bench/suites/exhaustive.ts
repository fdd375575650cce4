/**
 * The winner of a search with batches against every configuration that may allow more. Those are the ones whose bound,
 * plus what a replay may exceed a bound by, is at least what the winner allows. A search refutes most of them by one
 * replay of each repetition; here each is measured in full.
 */
import {
  allowableThroughput,
  rankConfigurations,
  readSpace,
  readWorkload,
  searchConfigurations,
} from '../../src/index.ts'
import { excessShare } from '../../src/replay/drain.ts'
import type { Figure, SuiteResult } from '../measure.ts'
import { MODELS, withBatches } from '../workloads.ts'

const QUERIES = 20_000
const REPEATS = 5

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const space = await readSpace('hpdc23')
  const types = space.types.map(({ name }) => name)
  const figures: Figure[] = []
  for (const model of MODELS) {
    const workload = withBatches(await readWorkload(model))
    const length = { queries: QUERIES, repeats: REPEATS, threads: 2 }
    const { rows } = await searchConfigurations({ workload, space, ...length })
    const [winner] = rows
    const ranking = await rankConfigurations({ workload, space, topN: 400 })
    const excess = excessShare(QUERIES, winner.mean, workload)
    const possible = ranking.rows.filter(({ bound }) => bound * (1 + excess) >= winner.mean)
    let best = { counts: [] as readonly number[], mean: 0 }
    for (const { counts } of possible) {
      const { mean } = await allowableThroughput({ workload, types, counts, ...length })
      if (mean > best.mean) best = { counts, mean }
    }
    print(
      `${model}: ${possible.length} configurations measured, best ${best.counts} with ${best.mean.toFixed(1)} q/s; ` +
        `the search says ${winner.counts} with ${winner.mean.toFixed(1)} q/s`,
    )
    figures.push({
      what: `best of all configurations measured, ${model}, over the winner of the search`,
      value: best.mean / winner.mean,
      unit: 'x',
      goal: { atMost: 1 },
    })
  }
  return { suite: 'exhaustive', timings: [], figures }
}
