/**
 * Mean latency at a tenth of the bound, where most instances are idle, beside the policy that minimises it; and what
 * the preference for the soonest finish costs of allowable throughput.
 */
import { mean } from 'simple-statistics'
import { fluidBound } from '../../src/bound/fluid.ts'
import type { Policy } from '../../src/dispatch/policy.ts'
import { priced } from '../../src/dispatch/priced.ts'
import { allowableThroughput, generateTrace, readWorkload, replay, type Workload } from '../../src/index.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'
import { PUBLISHED_TYPES } from '../spaces.ts'
import { withBatches } from '../workloads.ts'

/** The configuration with the largest bound of each model. */
const BEST = {
  rm2: [1, 0, 13, 0],
  ncf: [1, 0, 13, 0],
  wnd: [1, 0, 13, 0],
  mtwnd: [2, 0, 9, 0],
  dien: [2, 0, 9, 0],
}
/** The one that allows most with batches. */
const BEST_IN_BATCHES = {
  rm2: [1, 0, 13, 0],
  ncf: [3, 0, 6, 0],
  wnd: [4, 0, 2, 0],
  mtwnd: [4, 0, 2, 0],
  dien: [4, 0, 2, 0],
}
/** One with burstable machines. */
const BURSTABLE = [2, 2, 4, 3]
const WITH_BURSTABLE = {
  rm2: BURSTABLE,
  ncf: BURSTABLE,
  wnd: BURSTABLE,
  mtwnd: BURSTABLE,
  dien: BURSTABLE,
}
/** How many times a configuration is taken. */
const SCALES = [1, 10]

const LOAD = 0.1
const SEEDS = [1, 2, 3]
const QUERIES = 20_000

/** `priced` as it is without a preference. */
const never: Policy = {
  ...priced,
  prepare: (context) => {
    const ruleFor = priced.prepare(context)
    return (counts) => ({ ...ruleFor(counts), lightLoad: -1 }) as ReturnType<typeof ruleFor>
  },
}

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const alone = await compared(BEST, '', (workload) => workload, 1.05)
  print(grid(alone.lines))
  const batched = await compared(BEST_IN_BATCHES, ' with batches', withBatches, 1.25)
  print(`with batches\n${grid(batched.lines)}`)
  const burstable = await compared(WITH_BURSTABLE, ', burstable', (workload) => workload, 1.1)
  print(`with burstable machines\n${grid(burstable.lines)}`)
  const burstableBatched = await compared(WITH_BURSTABLE, ', burstable, with batches', withBatches, 1.25)
  print(`with burstable machines and batches\n${grid(burstableBatched.lines)}`)
  const figures = [alone, batched, burstable, burstableBatched].flatMap((part) => part.figures)
  return { suite: 'light-load', timings: [], figures }
}

async function compared(
  best: Readonly<Record<string, readonly number[]>>,
  how: string,
  served: (workload: Workload) => Workload,
  mostRatio: number,
) {
  const figures: Figure[] = []
  const header = ['model', 'instances', 'mean, ms', 'shortest', 'ratio', 'before', 'allowed', 'before']
  const lines: string[][] = [header]
  for (const [model, base] of Object.entries(best)) {
    for (const scale of SCALES) {
      const workload = served(await readWorkload(model))
      const counts = base.map((count) => scale * count)
      const instances = counts.reduce((sum, count) => sum + count)
      const [own, shortest, before] = [priced, 'shortest-completion', never].map((policy) =>
        meanLatency(workload, counts, policy),
      )
      const [allowed, allowedBefore] = await Promise.all(
        [priced, never].map((policy) =>
          allowableThroughput({
            workload,
            types: PUBLISHED_TYPES,
            counts,
            policy,
            queries: QUERIES,
            threads: 1,
          }),
        ),
      )
      const cells = [own, shortest, own / shortest, before / shortest, allowed.mean, allowedBefore.mean]
      lines.push([model, String(instances), ...cells.map((value) => value.toPrecision(4))])
      const what = `${model}${how}, ${instances} instances`
      const ratio = own / shortest
      figures.push({
        what: `mean latency at 10% load over shortest-completion, ${what}`,
        value: ratio,
        unit: 'x',
        goal: { atMost: mostRatio },
      })
      const kept = allowed.mean / allowedBefore.mean
      figures.push({
        what: `allowable throughput over that without the preference, ${what}`,
        value: kept,
        unit: 'x',
        goal: { atLeast: 0.997 },
      })
    }
  }
  return { lines, figures }
}

function meanLatency(workload: Workload, counts: readonly number[], policy: Policy | string): number {
  const fleet = { workload, types: PUBLISHED_TYPES, counts, policy }
  const rate = LOAD * fluidBound(workload, PUBLISHED_TYPES, counts, { service: 'sampled' })
  const means = SEEDS.map((seed) => {
    const trace = generateTrace({ arrivals: 'poisson', rate, queries: QUERIES, seed, mix: workload.mix })
    const { latencyMs } = replay({ ...fleet, trace, seed })
    return mean(Array.from(latencyMs))
  })
  return mean(means)
}
