import { policyOf } from '../../../src/dispatch/policies.ts'
import { preparePolicy } from '../../../src/dispatch/setup.ts'
import type { Workload } from '../../../src/index.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { binOf } from '../../../src/model/workload/workload.ts'
import { grid } from '../../measure.ts'
import { PUBLISHED_TYPES } from '../../spaces.ts'

const PENDING = [1, 10, 100, 1000, 10_000]

/** How long one figure is measured, ms. */
const MEASURE_MS = 500

const SEED = 1

/** The time of a decision by the number of pending queries, for each fleet. */
export function backlogTable(
  workload: Workload,
  policy: string,
  fleets: readonly (readonly number[])[],
): string {
  const lines = fleets.map((counts) => {
    const times = PENDING.map((pending) => decisionUs(workload, policy, counts, pending).toPrecision(3))
    return [`${sum(counts)} instances`, ...times]
  })
  const title = `${policy}: median µs of a decision after one completion, by pending queries`
  return `${title}\n${grid([['', ...PENDING.map((pending) => `${pending} pending`)], ...lines])}`
}

/** The median time of a decision after one instance has become idle, µs. */
function decisionUs(workload: Workload, policy: string, counts: readonly number[], pending: number): number {
  const instances = sum(counts)
  const { setup } = preparePolicy(workload, PUBLISHED_TYPES, counts, policyOf(policy))
  const trace = generateTrace({
    arrivals: 'poisson',
    rate: 10.5 * instances,
    queries: 2 * instances + pending + 1000,
    seed: SEED,
    mix: workload.mix,
  })
  const bins = Array.from(trace.batchSize, (size) => binOf(workload.latency.batchSizes, size))
  const dispatcher = loadKernel('wasm').createDispatcher(setup)
  const lapMs = trace.arrivalMs[bins.length - 1]
  let query = 0
  let nowMs = 0
  const arrive = () => {
    nowMs = trace.arrivalMs[query % bins.length] + Math.floor(query / bins.length) * lapMs
    dispatcher.arrive(query, bins[query % bins.length], nowMs)
    query++
  }
  while (dispatcher.idle > 0) {
    arrive()
    dispatcher.decide(nowMs)
  }
  const times: number[] = []
  const end = performance.now() + MEASURE_MS
  let next = 0
  while (times.length < 5 || (performance.now() < end && times.length < 2000)) {
    while (dispatcher.pending < pending) arrive()
    while (dispatcher.stateOf(next) === 'idle') next = (next + 1) % instances
    dispatcher.complete(next, nowMs)
    next = (next + 1) % instances
    const started = performance.now()
    dispatcher.decide(nowMs)
    times.push(performance.now() - started)
  }
  return 1000 * times.sort((a, b) => a - b)[times.length >> 1]
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
