/**
 * Replays in virtual time, the allowable throughput of a configuration, and how the time of a decision grows with the
 * fleet and its queue.
 */
import { policyOf } from '../src/dispatch/policies.ts'
import { preparePolicy } from '../src/dispatch/setup.ts'
import { allowableThroughput, generateTrace, readWorkload, type Workload } from '../src/index.ts'
import type { ReplayInput } from '../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../src/kernel/load.ts'
import { binOf } from '../src/model/workload.ts'
import { TYPES } from './decisions.ts'
import { type Figure, type GroupedTiming, grid, type SuiteResult, sideBySide, timeAll } from './measure.ts'

const wasm = loadKernel('wasm')
const fallback = loadKernel('fallback')

/** Queries of a timed replay, and of one that is compared with the fallback. */
const QUERIES = 200_000
const FEW = 4000

const CASES = [
  { policy: 'kairos', counts: [2, 0, 9, 0], rate: 95, atLeast: 1 },
  { policy: 'fcfs', counts: [2, 0, 9, 0], rate: 50, atLeast: 8 },
  { policy: 'kairos', counts: [20, 0, 90, 0], rate: 1050, atLeast: 0.25 },
] as const

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const workload = await readWorkload('rm2')
  const timings: GroupedTiming[] = []
  const figures: Figure[] = []
  for (const { policy, counts, rate, atLeast } of CASES) {
    const group = `replay, ${policy} on (${counts}), ${rate} queries/s`
    const few = replayOf(workload, policy, counts, rate, FEW)
    same(few)
    const many = replayOf(workload, policy, counts, rate, QUERIES)
    const timed = await timeAll([
      { name: `wasm, ${FEW} queries`, run: () => wasm.replay(few) },
      { name: `fallback, ${FEW} queries`, reference: true, run: () => fallback.replay(few) },
    ])
    const [long] = await timeAll([{ name: `wasm, ${QUERIES} queries`, run: () => wasm.replay(many) }], 1)
    print(sideBySide(group, [long, ...timed]))
    timings.push(...[long, ...timed].map((timing) => ({ group, ...timing })))
    figures.push(
      {
        what: group,
        value: QUERIES / long.medianMs / 1000,
        unit: 'million/s',
        goal: { atLeast },
      },
      { what: `${group}: wasm over fallback`, value: timed[1].medianMs / timed[0].medianMs, unit: 'x' },
    )
  }
  const group = 'allowable throughput of (2,0,9,0), 20,000 queries x 5, one thread'
  const question = { workload, types: TYPES, counts: [2, 0, 9, 0], threads: 1 }
  const runs = ['kairos', 'priced'].map((policy) => ({
    name: policy,
    run: () => allowableThroughput({ ...question, policy }),
  }))
  const timed = await timeAll(runs, 3)
  print(sideBySide(group, timed))
  timings.push(...timed.map((timing) => ({ group, ...timing })))
  for (const { name, medianMs } of timed) {
    const goal = name === 'kairos' ? { atMost: 1.5 } : undefined
    figures.push({ what: `${group}, ${name}`, value: medianMs / 1000, unit: 's', ...(goal && { goal }) })
  }
  print(growth(workload))
  return { suite: 'replay', timings, figures }
}

function replayOf(
  workload: Workload,
  policy: string,
  counts: readonly number[],
  rate: number,
  queries: number,
): ReplayInput {
  const { setup } = preparePolicy(workload, TYPES, counts, policyOf(policy))
  const trace = generateTrace({ arrivals: 'poisson', rate, queries, seed: 1, mix: workload.mix })
  const bin = Int32Array.from(trace.batchSize, (size) => binOf(workload.latency.batchSizes, size))
  return { ...setup, arrivalMs: trace.arrivalMs, bin, qosMs: workload.qosMs, record: true }
}

function same(input: ReplayInput): void {
  const ours = wasm.replay(input)
  const theirs = fallback.replay(input)
  const agree =
    ours.decisions === theirs.decisions &&
    ours.instance.every((instance, query) => instance === theirs.instance[query]) &&
    ours.finishMs.every((finish, query) => finish === theirs.finishMs[query])
  if (!agree) throw new Error('the replay of the kernel is not the replay of the fallback')
}

/** The time of a decision after one instance has become idle, µs. */
function growth(workload: Workload): string {
  const lengths = [1, 10, 100, 1000, 10_000]
  const lines = [10, 100, 1000].map((instances) => [
    `${instances} instances`,
    ...lengths.map((length) => decisionUs(workload, instances, length).toPrecision(3)),
  ])
  const title = 'median µs of a decision, by instances and pending queries (up to 2N are matched)'
  return `${title}\n${grid([['', ...lengths.map((length) => `${length} pending`)], ...lines])}`
}

function decisionUs(workload: Workload, instances: number, length: number): number {
  const gpus = Math.round((2 * instances) / 11)
  const { setup } = preparePolicy(workload, TYPES, [gpus, 0, instances - gpus, 0], policyOf('kairos'))
  const trace = generateTrace({
    arrivals: 'poisson',
    rate: 10.5 * instances,
    queries: 2 * instances + length + 1000,
    seed: 1,
    mix: workload.mix,
  })
  const bins = Array.from(trace.batchSize, (size) => binOf(workload.latency.batchSizes, size))
  const dispatcher = wasm.createDispatcher(setup)
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
  const end = performance.now() + 500
  let next = 0
  while (times.length < 5 || (performance.now() < end && times.length < 2000)) {
    while (dispatcher.pending < length) arrive()
    while (dispatcher.stateOf(next) === 'idle') next = (next + 1) % instances
    dispatcher.complete(next, nowMs)
    next = (next + 1) % instances
    const started = performance.now()
    dispatcher.decide(nowMs)
    times.push(performance.now() - started)
  }
  return 1000 * times.sort((a, b) => a - b)[times.length >> 1]
}
