/** Matrices to assign: random ones, and those of a dispatcher whose queue is full. */
import { policyOf } from '../../../src/dispatch/policies.ts'
import { preparePolicy } from '../../../src/dispatch/setup.ts'
import type { AssignmentProblem } from '../../../src/kernel/dispatch-contract.ts'
import type { MatchingRule } from '../../../src/kernel/rules.ts'
import { randomStream } from '../../../src/model/random.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { binOf, type Workload } from '../../../src/model/workload/workload.ts'
import { PUBLISHED_TYPES } from '../../spaces.ts'

/** Sizes that are measured: 2N queries by N instances. */
export const SIZES = [
  [22, 11],
  [64, 32],
  [200, 100],
  [600, 300],
  [2000, 1000],
] as const

export function randomMatrix(rows: number, cols: number, seed: number): AssignmentProblem {
  const draw = randomStream(seed, 0)
  return { cost: Float64Array.from({ length: rows * cols }, draw), rows, cols }
}

/**
 * The costs of 2N pending queries on N instances by the published policy; two of eleven instances have a GPU. Queries
 * arrive 20% faster than they can be served, until 2N of them wait and one instance is idle. Until then queries are
 * served first come, first served.
 */
export function decisionMatrix(workload: Workload, instances: number, seed: number): AssignmentProblem {
  const gpus = Math.round((2 * instances) / 11)
  const { setup } = preparePolicy(
    workload,
    PUBLISHED_TYPES,
    [gpus, 0, instances - gpus, 0],
    policyOf('kairos'),
  )
  const { bins, meanMs, instanceType } = setup
  const rule = setup.rule as MatchingRule
  const trace = generateTrace({
    arrivals: 'poisson',
    rate: 1.2 * 10.5 * instances,
    queries: 60 * instances,
    seed,
    mix: workload.mix,
  })
  const bin = Array.from(trace.batchSize, (size) => binOf(workload.latency.batchSizes, size))
  const freeMs = new Float64Array(instances)
  let arrived = 0
  let started = 0
  let nowMs = 0
  // the next idle instance takes the oldest query, until 2N queries are waiting
  for (;;) {
    const next = freeMs.reduce((first, ms, j) => (ms < freeMs[first] ? j : first), 0)
    nowMs = Math.max(freeMs[next], trace.arrivalMs[started])
    while (trace.arrivalMs[arrived] <= nowMs) arrived++
    if (arrived - started >= 2 * instances) break
    freeMs[next] = nowMs + meanMs[instanceType[next] * bins + bin[started]]
    started++
  }
  const rows = 2 * instances
  const cost = new Float64Array(rows * instances)
  for (let i = 0; i < rows; i++) {
    const slack = Math.max(rule.qosMs - (nowMs - trace.arrivalMs[started + i]), 0)
    for (let j = 0; j < instances; j++) {
      const type = instanceType[j]
      const row = type * bins + bin[started + i]
      const left = Math.max(0, freeMs[j] - nowMs)
      const residual = slack - left - rule.guardMs[row]
      const worth = rule.coefficient[type] * (left + meanMs[row])
      const late = residual < 0 ? rule.missCost : residual < rule.marginMs ? rule.nearCost : worth
      cost[i * instances + j] = slack === 0 ? worth : late
    }
  }
  return { cost, rows, cols: instances }
}
