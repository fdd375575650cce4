import { describe, expect, test } from 'vitest'
import { fluidBound } from '../../src/bound/fluid.ts'
import { policyOf } from '../../src/dispatch/policies.ts'
import type { Policy } from '../../src/dispatch/policy.ts'
import { percentileOf } from '../../src/model/results/latencies.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { scaleToRate } from '../../src/model/trace/trace.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { type ComparisonRequest, comparePolicies } from '../../src/replay/compare-policies.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const request = {
  workload: smallWorkload(),
  types: ['fast', 'slow'],
  counts: [1, 1],
  queries: 200,
  repeats: 1,
}

describe('a comparison refuses before it starts', () => {
  test.each<[string, object, object]>([
    ['no counts', { counts: undefined }, { code: 'BAD_MODEL', place: { field: 'counts' } }],
    ['too few counts', { counts: [1] }, { code: 'BAD_MODEL', place: { field: 'counts' } }],
    ['a count below 0', { counts: [1, -1] }, { code: 'BAD_MODEL', place: { field: 'counts[1]' } }],
    ['slots without counts', { counts: undefined, slots: [1, 1] }, { code: 'BAD_MODEL' }],
    ['policies that are no list', { policies: 'fcfs' }, { code: 'BAD_USAGE', place: { field: 'policies' } }],
    ['repeats that are a BigInt', { repeats: 5n }, { code: 'BAD_USAGE', place: { field: 'repeats' } }],
    ['an unknown policy', { policies: ['fcfs', 'fcsf'] }, { code: 'BAD_USAGE', place: { field: 'policy' } }],
  ])('%s', async (_what, more, refusal) => {
    let steps = 0
    const onProgress = () => {
      steps++
    }
    const run = comparePolicies({ ...request, onProgress, ...more } as unknown as ComparisonRequest)
    await expect(run).rejects.toMatchObject(refusal)
    expect(steps).toBe(0)
  })
})

test('a comparison ends by its signal between the replays of its last sweep', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const run = comparePolicies({
    ...{ ...request, policies: ['fcfs'], signal: controller.signal },
    // the last repetition is done
    onProgress: ({ done, total }) => done === total - 1 && setImmediate(() => controller.abort(reason)),
  })
  await expect(run).rejects.toBe(reason)
})

test("a comparison takes a policy of one's own beside names", async () => {
  const own: Policy = { ...policyOf('fcfs'), name: 'mine' }
  const steps = new Set<string>()
  const onProgress = ({ policy }: { policy: string }) => void steps.add(policy)
  const found = await comparePolicies({ ...request, policies: ['fcfs', own], onProgress })
  expect([...steps]).toEqual(['fcfs', 'mine', ''])
  const [named, mine] = found.capacity.results
  expect(mine).toEqual({ ...named, policy: 'mine' })
  expect(found.sweeps.map(({ policy }) => policy)).toEqual(['fcfs', 'mine'])
  expect(found.sweeps[1].points).toEqual(found.sweeps[0].points)
})

test('the bound of a comparison is that of the queries that were drawn, of which it gives shares', async () => {
  const asked = { ...request, queries: 500, repeats: 3 }
  const { capacity } = await comparePolicies({ ...asked, policies: ['fcfs', 'priced'] })
  const { bounds, ofBound } = await allowableThroughput({ ...asked, policy: 'priced' })
  expect(capacity.bound).toBeCloseTo((bounds[0] + bounds[1] + bounds[2]) / 3, 9)
  expect(capacity.results[1].shareOfBound).toBe(ofBound!.mean)
})

test('the run in full arrives at 80% of the bound, and the sweep reaches it, with the draws of the seed', async () => {
  const workload = { ...smallWorkload(), percentile: 95 }
  const asked = { ...request, workload, seed: 3 }
  const { replays, sweeps } = await comparePolicies({ ...asked, policies: ['fcfs'] })
  const { types, counts, queries, seed } = asked
  const bound = fluidBound(workload, types, counts, { service: 'sampled' })
  const recipe = { arrivals: 'poisson', queries, seed, mix: workload.mix } as const
  const trace = generateTrace({ ...recipe, rate: 0.8 * bound })
  const fleet = { workload, types, counts, policy: 'fcfs', service: 'sampled', seed } as const
  expect(replays).toEqual([replay({ ...fleet, trace })])
  const { points } = sweeps[0]
  const shares = points.map(({ rate }) => Number((rate / bound).toPrecision(6)))
  expect(shares).toEqual([0.3, 0.45, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1])
  const { latencyMs, violations } = replay({ ...fleet, trace: scaleToRate(trace, bound) })
  const tailMs = percentileOf(latencyMs.toSorted(), 95)
  expect(points.at(-1)).toEqual({ rate: bound, tailMs, violations })
})
