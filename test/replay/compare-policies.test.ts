import { describe, expect, test } from 'vitest'
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
