/** Replays in virtual time, and the allowable throughput of a configuration. */
import { policyOf } from '../../src/dispatch/policies.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import { allowableThroughput, generateTrace, readWorkload, type Workload } from '../../src/index.ts'
import type { ReplayInput } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { binOf } from '../../src/model/workload/workload.ts'
import { type Figure, type GroupedTiming, over, type SuiteResult, sideBySide, timeAll } from '../measure.ts'
import { PUBLISHED_TYPES } from '../spaces.ts'

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
      { name: `wasm, ${QUERIES} queries`, run: () => wasm.replay(many) },
      { name: `wasm, ${FEW} queries`, run: () => wasm.replay(few) },
      { name: `fallback, ${FEW} queries`, reference: true, run: () => fallback.replay(few) },
    ])
    const [long, ours, theirs] = timed
    print(sideBySide(group, timed))
    timings.push(...timed.map((timing) => ({ group, ...timing })))
    figures.push(
      {
        what: group,
        value: QUERIES / long.medianMs / 1000,
        unit: 'million/s',
        goal: { atLeast },
      },
      over(`${group}: wasm over fallback`, theirs, ours),
    )
  }
  const group = 'allowable throughput of (2,0,9,0), 20,000 queries x 5, one thread'
  const question = { workload, types: PUBLISHED_TYPES, counts: [2, 0, 9, 0], threads: 1 }
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
  return { suite: 'replay', timings, figures }
}

function replayOf(
  workload: Workload,
  policy: string,
  counts: readonly number[],
  rate: number,
  queries: number,
): ReplayInput {
  const { setup } = preparePolicy(workload, PUBLISHED_TYPES, counts, policyOf(policy))
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
