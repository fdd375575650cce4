/**
 * What is lost where a fleet is divided among processes that decide alone: the allowable throughput of the parts
 * together, beside that of the whole fleet. Arrivals are divided at random.
 */
import { allowableThroughput, readWorkload } from '../../src/index.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

/** A fleet of rm2, one instance in fourteen of which has a GPU, and its parts. */
const PARTS = [1, 4, 16] as const
const GPUS = 32
const CPUS = 416
const TYPES = ['g4dn.xlarge', 'r5n.large']
/** Of the whole fleet: 120 times QoS. Shorter replays hide overload, and most in large fleets. */
const QUERIES = 200_000

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const workload = await readWorkload('rm2')
  const rows = [['parts', 'instances each', 'allowable together, a second', 'lost']]
  const figures: Figure[] = []
  let whole = 0
  for (const parts of PARTS) {
    const counts = [GPUS / parts, CPUS / parts]
    const queries = Math.max(20_000, QUERIES / parts)
    const { mean: throughput } = await allowableThroughput({
      workload,
      types: TYPES,
      counts,
      policy: 'priced',
      queries,
      repeats: 8,
    })
    const together = parts * throughput
    if (parts === 1) whole = together
    const lost = 100 * (1 - together / whole)
    rows.push([String(parts), String((GPUS + CPUS) / parts), together.toFixed(0), `${lost.toFixed(2)}%`])
    if (parts > 1)
      figures.push({
        what: `lost by ${parts} parts of ${(GPUS + CPUS) / parts} instances`,
        value: lost,
        unit: '%',
      })
  }
  print(`rm2 on ${GPUS} g4dn.xlarge and ${CPUS} r5n.large, divided\n${grid(rows)}`)
  return { suite: 'shards', timings: [], figures }
}
