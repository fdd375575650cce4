import { expect, test } from 'vitest'
import type { FleetSchedule } from '../../src/model/fleet/plan.ts'
import { replayPlan } from '../../src/plan/replay-plan.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()

/** A plan of windows of a second. An instance costs $1 an hour, or $0.2, and serves at once. */
const scheduleOf = (counts: number[][]): FleetSchedule => ({
  ...{ types: ['fast', 'slow'], windowS: 1, counts, cyclic: false },
  ...{ pricePerHour: [1, 0.2], startDelayS: [0, 0], startFee: [0, 0] },
})

/** Queries of 100 items, which take the fast type 10 ms. */
const runOf = (counts: number[][], arrivalsMs: number[]) => {
  const trace = {
    arrivalMs: Float64Array.from(arrivalsMs),
    batchSize: new Float64Array(arrivalsMs.length).fill(100),
  }
  return replayPlan({ workload, schedule: scheduleOf(counts), trace, policy: 'fcfs', service: 'mean' })
}

test('no window of the plan begins once all queries are started', async () => {
  const run = await runOf(
    [
      [1, 0],
      [3, 0],
      [3, 0],
    ],
    [500, 995],
  )
  expect(run.windows).toHaveLength(1)
  expect(run.starts).toBe(1)
  expect(run.cost).toBeCloseTo(1005 / 3_600_000, 12)
})

test('a window of the plan is paid for to its end, and the next ones are not', async () => {
  const run = await runOf(
    [
      [1, 0],
      [1, 0],
      [1, 0],
    ],
    [500, 1500],
  )
  expect(run.windows).toHaveLength(2)
  expect(run.cost).toBeCloseTo(2000 / 3_600_000, 12)
})

test('a window after the plan is paid for until its last query is served', async () => {
  const run = await runOf([[1, 0]], [500, 2500])
  expect(run.windows).toHaveLength(3)
  expect(run.cost).toBeCloseTo(2510 / 3_600_000, 12)
})

test('instances of one type stop, and those of another go on', async () => {
  const run = await runOf(
    [
      [1, 1],
      [1, 0],
    ],
    [1500],
  )
  expect(run.violations).toBe(0)
  expect(run.cost).toBeCloseTo((2000 + 0.2 * 1000) / 3_600_000, 12)
})
