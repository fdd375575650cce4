/**
 * Decisions on 10 to 10,000 instances: what one costs at 0.97 of the fluid bound, with the arrivals just before it;
 * what it costs by the length of the queue; and the share of the bound that each policy allows. FLEETS=10,100 in the
 * environment selects fleets.
 */
import { readWorkload } from '../../src/index.ts'
import { type Figure, type Goal, grid, type SuiteResult } from '../measure.ts'
import { selection } from '../selection.ts'
import { backlogTable } from './decisions/backlog.ts'
import { CONTESTANTS } from './decisions/contestants.ts'
import { allowableShare, type Cost, decisionCost } from './decisions/load.ts'

const LOAD = 0.97

/** The best rm2 fleets: one instance in 14 has a GPU. */
const FLEETS = [10, 100, 1000, 10_000].map((instances) => {
  const gpus = Math.round(instances / 14)
  return { instances, counts: [gpus, 0, instances - gpus, 0] }
})

/** The most instances on which the published matching is timed by the length of its queue. */
const MOST_MATCHED = 1000

/** The most that a decision of `priced` may cost, µs. */
const GOALS: Partial<Record<number, Partial<Cost>>> = {
  1000: { meanUs: 5, p99Us: 20, worstUs: 1000 },
  10000: { meanUs: 10, p99Us: 100 },
}

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const chosen = selection(
    'FLEETS',
    FLEETS.map(({ instances }) => String(instances)),
  )
  const fleets = FLEETS.filter(({ instances }) => chosen.includes(String(instances)))
  const workload = await readWorkload('rm2')
  const figures: Figure[] = []
  for (const { instances, counts } of fleets) {
    const lines = [['', 'mean', 'p99', 'worst', 'of the bound']]
    for (const contestant of CONTESTANTS) {
      if (instances > contestant.most) continue
      const given = { contestant, prepared: contestant.prepared(workload, counts), workload, counts }
      const cost = decisionCost(given, LOAD)
      const share = allowableShare(given, cost.meanUs)
      const times = [cost.meanUs, cost.p99Us, cost.worstUs].map((us) => `${us.toFixed(2)} µs`)
      lines.push([contestant.name, ...times, share?.toFixed(3) ?? '·'])
      if (contestant.name === 'priced') figures.push(...figuresOf(instances, cost, share))
    }
    print(`a decision of rm2 on ${counts} at ${LOAD} of the bound\n${grid(lines)}`)
  }
  const countsUpTo = (most: number) =>
    fleets.filter(({ instances }) => instances <= most).map(({ counts }) => counts)
  print(backlogTable(workload, 'priced', countsUpTo(Infinity)))
  const matched = countsUpTo(MOST_MATCHED)
  if (matched.length > 0) print(backlogTable(workload, 'kairos', matched))
  return { suite: 'decisions', timings: [], figures }
}

function figuresOf(instances: number, cost: Cost, share: number | undefined): Figure[] {
  const goals = GOALS[instances]
  const us = (what: string, value: number, atMost: number | undefined): Figure => {
    const goal: Goal | undefined = atMost === undefined ? undefined : { atMost }
    return { what: `decision of priced on ${instances}, ${what}`, value, unit: 'µs', ...(goal && { goal }) }
  }
  return [
    us('mean', cost.meanUs, goals?.meanUs),
    us('p99', cost.p99Us, goals?.p99Us),
    us('worst', cost.worstUs, goals?.worstUs),
    ...(share === undefined
      ? []
      : [{ what: `priced on ${instances}, of the bound`, value: share, unit: '' }]),
  ]
}
