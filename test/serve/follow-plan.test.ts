import { expect, test } from 'vitest'
import type { FleetSchedule } from '../../src/model/fleet/plan.ts'
import { followPlan } from '../../src/serve/follow-plan.ts'
import { createVirtualClock } from './router/virtual.ts'

const schedule: FleetSchedule = {
  ...{ types: ['a'], windowS: 60, counts: [[1], [3], [2]], cyclic: false },
  ...{ pricePerHour: [1], startDelayS: [30], startFee: [0] },
}

function followed(options: { fromS?: number; speed?: number }) {
  const { clock, runUntil } = createVirtualClock()
  const seen: string[] = []
  const following = followPlan(schedule, {
    ...options,
    clock,
    onFleet: ({ serving, starting }) => seen.push(`${clock.now()}: ${serving} + ${starting}`),
  })
  return { seen, runUntil, following }
}

test('calls with each fleet of a plan at its time', async () => {
  const { seen, runUntil } = followed({})
  expect(seen).toEqual(['0: 1 + 0'])
  await runUntil(1e9)
  expect(seen).toEqual(['0: 1 + 0', '30000: 1 + 2', '60000: 3 + 0', '120000: 2 + 0'])
})

test('goes faster, and begins in the middle', async () => {
  const { seen, runUntil } = followed({ speed: 10, fromS: 40 })
  await runUntil(1e9)
  expect(seen).toEqual(['0: 1 + 2', '2000: 3 + 0', '8000: 2 + 0'])
})

test('stops', async () => {
  const { seen, runUntil, following } = followed({})
  await runUntil(40_000)
  following.stop()
  await runUntil(1e9)
  expect(seen).toHaveLength(2)
})
