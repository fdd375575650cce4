import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  serversUnderPlan,
  warnOfDownServers,
  warnOfMissingServers,
} from '../../../src/cli/commands/route-plan.ts'
import type { FleetSchedule } from '../../../src/model/fleet/plan.ts'

const WINDOW_S = 600
const plan: FleetSchedule = {
  ...{ types: ['a'], windowS: WINDOW_S, counts: [[1], [2], [3]], cyclic: true },
  ...{ pricePerHour: [1], startDelayS: [0], startFee: [0] },
}
const servers = [1, 2, 3].map((port) => ({ address: `a:${port}`, type: 'a' }))

const WINDOW_MS = 1000 * WINDOW_S

const CLOCKS = ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const

/** Stops the clocks, with the time of day in some window of the plan. */
function stopClocks(window: number): void {
  vi.useFakeTimers({ toFake: [...CLOCKS] })
  onTestFinished(() => void vi.useRealTimers())
  setDay(window)
}

const MONDAY_MS = 4 * 86_400_000

/** Sets the time of day alone. */
const setDay = (window: number) => vi.setSystemTime(MONDAY_MS + WINDOW_MS * window)

describe('a process that is started again goes on with the plan', () => {
  const taken = (planFrom: 'begin' | 'clock', planSpeed: number, windowsBefore: number) =>
    serversUnderPlan(plan, { planFrom, planSpeed }, WINDOW_MS * windowsBefore).of(servers).length

  test('from its begin', () => {
    expect(taken('begin', 1, 0)).toBe(1)
    expect(taken('begin', 1, 1.5)).toBe(2)
    expect(taken('begin', 1, 5.5)).toBe(3)
    expect(taken('begin', 10, 0.25)).toBe(3)
  })

  test('by the clock, at its speed', () => {
    stopClocks(301.5)
    expect(taken('clock', 1, 0)).toBe(2)
    expect(taken('clock', 1, 1)).toBe(2)
    expect(taken('clock', 2, 1)).toBe(3)
    expect(taken('clock', 1e-6, 1)).toBe(1)
  })
})

describe('where the clock of the machine is set', () => {
  /** The numbers of servers that a plan has told. */
  const told = (planFrom: 'begin' | 'clock') => {
    const chosen = serversUnderPlan(plan, { planFrom, planSpeed: 1 })
    chosen.accept(servers)
    const numbers: number[] = []
    const following = chosen.follow({
      onChange: ({ length }) => numbers.push(length),
      onError: () => undefined,
      onEnd: () => undefined,
    })
    onTestFinished(() => following.stop())
    return numbers
  }

  test('a plan by the clock goes to the window of that time', () => {
    stopClocks(0.5)
    const numbers = told('clock')
    setDay(2.5)
    vi.advanceTimersByTime(60_000)
    expect(numbers).toEqual([3])
    setDay(1.5)
    vi.advanceTimersByTime(WINDOW_MS)
    expect(numbers).toEqual([3, 2, 3])
  })

  test('a plan from its begin goes on', () => {
    stopClocks(0.5)
    const numbers = told('begin')
    setDay(2.5)
    vi.advanceTimersByTime(60_000)
    expect(numbers).toEqual([])
  })
})

/** What is told of a plan that is followed for some windows. */
function toldOf(cyclic: boolean, planSpeed: number, windows: number, windowsBefore = 0): string[] {
  stopClocks(0)
  const begun = { planFrom: 'begin', planSpeed } as const
  const chosen = serversUnderPlan({ ...plan, cyclic }, begun, WINDOW_MS * windowsBefore)
  chosen.accept(servers)
  const told: string[] = []
  const following = chosen.follow({
    onChange({ length }) {
      told.push(`${length}`)
      if (length === 2) throw new Error('of no use')
    },
    onError: (error) => told.push((error as Error).message),
    onEnd: () => told.push('the end'),
  })
  onTestFinished(() => following.stop())
  vi.advanceTimersByTime(windows * WINDOW_MS)
  following.stop()
  vi.advanceTimersByTime(10 * WINDOW_MS)
  return told
}

test('a change that fails is told, and the plan is followed further', () => {
  expect(toldOf(false, 1, 2.9)).toEqual(['2', 'of no use', '3'])
})

test('the end of a plan that does not repeat is told', () => {
  expect(toldOf(false, 1, 3)).toEqual(['2', 'of no use', '3', 'the end'])
  expect(toldOf(false, 2, 1.4)).toEqual(['2', 'of no use', '3'])
  expect(toldOf(false, 2, 1.5)).toEqual(['2', 'of no use', '3', 'the end'])
  // of a process that is started again
  expect(toldOf(false, 1, 1, 7)).toEqual(['the end'])
  expect(toldOf(true, 1, 3)).toEqual(['2', 'of no use', '3', '1'])
})

test('warns of types of which the fleet lists fewer servers than the plan has in some window', () => {
  const log = { warn: vi.fn() }
  warnOfMissingServers(
    {
      ...plan,
      types: ['a', 'b', 'c', 'd'],
      counts: [
        [3, 0, 0, 5],
        [1, 2, 0, 1],
      ],
    },
    [...servers, { address: 'd:1', type: 'd' }],
    log,
  )
  expect(log.warn.mock.calls).toEqual([
    [
      { type: 'b' },
      'the plan has up to 2 servers of this type, and the fleet lists none: list some, or make a plan without the type',
    ],
    [
      { type: 'd' },
      'the plan has up to 5 servers of this type, and the fleet lists 1: list more, or make a plan with fewer',
    ],
  ])
})

test('servers of the plan that stay down are told once, while others of their type are listed', () => {
  stopClocks(0)
  const chosen = serversUnderPlan(plan, { planFrom: 'begin', planSpeed: 1 }, WINDOW_MS)
  chosen.accept(servers)
  const warn = vi.fn()
  const down = new Set(['a:1'])
  const stateOf = (address: string) => (down.has(address) ? 'ejected' : 'up')
  const shown = () => chosen.of(servers).map((server) => ({ ...server, state: stateOf(server.address) }))
  const warning = warnOfDownServers(chosen, { servers: shown as never }, { warn })
  onTestFinished(() => warning.stop())
  vi.advanceTimersByTime(10_000)
  expect(warn).not.toHaveBeenCalled()
  vi.advanceTimersByTime(60_000)
  const text = expect.stringMatching(
    /^servers of the plan are down, while the fleet lists 1 other server of /,
  )
  expect(warn.mock.calls).toEqual([[{ type: 'a', addresses: ['a:1'], unused: 1 }, text]])
  down.add('a:2')
  vi.advanceTimersByTime(60_000)
  expect(warn.mock.calls.slice(1)).toEqual([[{ type: 'a', addresses: ['a:1', 'a:2'], unused: 1 }, text]])
  down.clear()
  vi.advanceTimersByTime(10_000)
  down.add('a:1')
  vi.advanceTimersByTime(20_000)
  expect(warn).toHaveBeenCalledTimes(3)
})

test('servers of the plan that are down are not told where the plan has all that are listed', () => {
  stopClocks(0)
  const chosen = serversUnderPlan(plan, { planFrom: 'begin', planSpeed: 1 }, 2 * WINDOW_MS)
  chosen.accept(servers)
  const warn = vi.fn()
  const shown = () => chosen.of(servers).map((server) => ({ ...server, state: 'ejected' }))
  const warning = warnOfDownServers(chosen, { servers: shown as never }, { warn })
  onTestFinished(() => warning.stop())
  vi.advanceTimersByTime(60_000)
  expect(chosen.of(servers)).toHaveLength(3)
  expect(warn).not.toHaveBeenCalled()
})
