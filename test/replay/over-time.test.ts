import { expect, test } from 'vitest'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { runOverTime } from '../../src/replay/over-time.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const alone = await readWorkload('mtwnd')
const types = ['g4dn.xlarge', 'r5n.large']
const counts = [2, 3]
const trace = generateTrace({ arrivals: 'poisson', rate: 600, queries: 800, seed: 4, mix: alone.mix })

test.each([
  ['one at a time', alone],
  ['in batches', { ...alone, batching: { maxBatch: 1000 } }],
])('intervals sum to the busy time of each type, queries served %s', (_, workload) => {
  const run = replay({ workload, trace, types, counts, service: 'sampled', seed: 7 })
  const { edgesMs, utilisation } = runOverTime(run, 13)
  const width = edgesMs[1] - edgesMs[0]
  types.forEach((_, type) => {
    const busyMs = run.busyMs.reduce((sum, ms, i) => (run.instanceType[i] === type ? sum + ms : sum), 0)
    const shares = utilisation[type].reduce((sum, share) => sum + share, 0)
    expect(shares * width * counts[type]).toBeCloseTo(busyMs, 6)
    expect(Math.max(...utilisation[type])).toBeLessThanOrEqual(1)
  })
})

test('lateness counts where queries arrive, and work where it is done', () => {
  const workload = smallWorkload()
  const trace = { arrivalMs: Float64Array.of(100, 100, 101, 150), batchSize: Float64Array.of(100, 1, 7, 2) }
  const run = replay({
    workload,
    trace,
    types: ['fast', 'slow'],
    counts: [1, 1],
    policy: 'fcfs',
    service: 'mean',
  })
  // served at 100-110, 100-104, 104-124 and 150-152: the third query is late
  const { edgesMs, lateShare, utilisation } = runOverTime(run, 4)
  expect([...edgesMs]).toEqual([100, 113, 126, 139, 152])
  expect([...lateShare]).toEqual([1 / 3, 0, 0, 0])
  expect(utilisation.map((shares) => [...shares])).toEqual([
    [10 / 13, 0, 0, 2 / 13],
    [1, 11 / 13, 0, 0],
  ])
  expect([...runOverTime({ ...run, qosMs: 23 }, 4).lateShare]).toEqual([0, 0, 0, 0])
})

test('a type without instances is never used', () => {
  const run = replay({ workload: alone, trace, types, counts: [2, 0] })
  expect([...runOverTime(run, 3).utilisation[1]]).toEqual([0, 0, 0])
})
