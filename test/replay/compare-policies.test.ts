import { describe, expect, test } from 'vitest'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { type ComparisonRequest, comparePolicies } from '../../src/replay/compare-policies.ts'
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

test('the bound of a comparison is that of the queries that were drawn, of which it gives shares', async () => {
  const asked = { ...request, queries: 500, repeats: 3 }
  const { capacity } = await comparePolicies({ ...asked, policies: ['fcfs', 'priced'] })
  const { bounds, ofBound } = await allowableThroughput({ ...asked, policy: 'priced' })
  expect(capacity.bound).toBeCloseTo((bounds[0] + bounds[1] + bounds[2]) / 3, 9)
  expect(capacity.results[1].shareOfBound).toBe(ofBound!.mean)
})
