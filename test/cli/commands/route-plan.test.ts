import { describe, expect, onTestFinished, test } from 'vitest'
import { serversUnderPlan } from '../../../src/cli/commands/route-plan.ts'
import type { FleetSchedule } from '../../../src/model/fleet/plan.ts'

const WINDOW_S = 600
const plan: FleetSchedule = {
  ...{ types: ['a'], windowS: WINDOW_S, counts: [[1], [2], [3]], cyclic: true },
  ...{ pricePerHour: [1], startDelayS: [0], startFee: [0] },
}
const servers = [1, 2, 3].map((port) => ({ address: `a:${port}`, type: 'a' }))

describe('a process that is started again goes on with the plan', () => {
  const taken = (planFrom: 'begin' | 'clock', planSpeed: number, begunMs?: number) =>
    serversUnderPlan(plan, { planFrom, planSpeed }, begunMs).of(servers).length

  test('from its begin', () => {
    const agoMs = (windows: number) => Date.now() - 1000 * WINDOW_S * windows
    expect(taken('begin', 1)).toBe(1)
    expect(taken('begin', 1, agoMs(1.5))).toBe(2)
    expect(taken('begin', 1, agoMs(5.5))).toBe(3)
    expect(taken('begin', 10, agoMs(0.25))).toBe(3)
    // the clock of the machine was set back
    expect(taken('begin', 1, agoMs(-1))).toBe(1)
  })

  test('by the clock, at its speed', () => {
    const MONDAY_MS = 4 * 86_400_000
    const cycleMs = 3 * 1000 * WINDOW_S
    const begunMs = MONDAY_MS + cycleMs * Math.floor((Date.now() - MONDAY_MS) / cycleMs) - cycleMs
    const passed = (Date.now() - begunMs) / 1000 / WINDOW_S
    expect(taken('clock', 1, begunMs)).toBe(1 + (Math.floor(passed) % 3))
    // many windows a second would make the test depend on the moment
    expect(taken('clock', 1e-6, begunMs)).toBe(1)
  })
})

/** Follows the plan at 6,000 windows a second, until the servers of all windows were told. */
async function followed(onChange: (count: number) => void): Promise<readonly string[]> {
  const chosen = serversUnderPlan({ ...plan, cyclic: false }, { planFrom: 'begin', planSpeed: 3.6e6 })
  chosen.accept(servers)
  const told: string[] = []
  const following = chosen.follow(
    ({ length }) => {
      told.push(`${length}`)
      onChange(length)
    },
    (error) => told.push((error as Error).message),
  )
  onTestFinished(() => following.stop())
  await expect.poll(() => told.includes('3')).toBe(true)
  return told
}

test('a change that fails is told, and the plan is followed further', async () => {
  const refuse = (count: number) => {
    if (count === 2) throw new Error('of no use')
  }
  expect(await followed(refuse)).toEqual(['2', 'of no use', '3'])
})
