import { policyOf } from '../../../src/dispatch/policies.ts'
import { type PreparedPolicy, preparePolicy } from '../../../src/dispatch/setup.ts'
import type { Workload } from '../../../src/index.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import { PUBLISHED_TYPES } from '../../spaces.ts'
import { greedyDispatcher, type RunDispatcher, shortestQueueDispatcher } from './simple-dispatchers.ts'

/** A rule whose decisions are timed, and whose share of the bound is measured. */
export interface Contestant {
  readonly name: string
  /** The most instances on which it is measured. */
  readonly most: number
  prepared(workload: Workload, counts: readonly number[]): PreparedPolicy
  open(prepared: PreparedPolicy): RunDispatcher
}

/** On more instances a decision of the matching takes milliseconds. */
const MOST_MATCHED = 100

/** On more instances a decision that looks at every instance takes a tenth of a millisecond. */
const MOST_SCANNED = 1000

const byPolicy = (name: string, most = Infinity): Contestant => ({
  name,
  most,
  prepared: (workload, counts) => preparePolicy(workload, PUBLISHED_TYPES, counts, policyOf(name)),
  open: ({ setup }) => loadKernel('wasm').createDispatcher(setup),
})

const simple = (name: string, open: Contestant['open']): Contestant => ({
  ...byPolicy('priced'),
  name,
  open,
})

export const CONTESTANTS: readonly Contestant[] = [
  byPolicy('priced'),
  byPolicy('kairos', MOST_MATCHED),
  byPolicy('shortest-completion', MOST_SCANNED),
  byPolicy('power-of-two', MOST_SCANNED),
  simple('greedy', ({ setup, ruleFor }) => {
    // greedy takes costs and guards of the flow, which decides on fleets of more than 48 instances
    const scaled = PUBLISHED_TYPES.map((_, t) => 100 * setup.instanceType.filter((type) => type === t).length)
    const rule = ruleFor(scaled)
    if (rule.kind !== 'flow') throw new Error('a flow has to decide on a large fleet')
    return greedyDispatcher(setup, rule)
  }),
  simple('shortest queue', ({ setup }) => shortestQueueDispatcher(setup)),
]
