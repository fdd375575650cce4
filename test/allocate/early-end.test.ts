import { expect, onTestFinished, test, vi } from 'vitest'
import { boxOf, closedFormOf } from '../../bench/spaces.ts'
import { cheapestConfigurations } from '../../src/allocate/cheapest/cheapest.ts'
import { earlyEnd } from '../../src/allocate/early-end.ts'
import { type RankRequest, rankConfigurations, streamRanking } from '../../src/allocate/rank.ts'
import { selectBest } from '../../src/allocate/select/enumerate.ts'
import { fluidSpace, latticeOf } from '../../src/allocate/select/lattice.ts'
import { searchSpace } from '../../src/allocate/select/search-space.ts'
import { selectSetting } from '../../src/allocate/select/setting.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import type { Kernel } from '../../src/kernel/contract.ts'
import { type KernelPool, provideHost, requiredHost } from '../../src/kernel/host.ts'
import { sharedKernel } from '../../src/kernel/shared.ts'
import { LONGEST_MS } from '../../src/model/checks.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import type { RankedConfiguration } from '../../src/model/results/ranking.ts'
import type { Workload } from '../../src/model/workload/workload.ts'

const TYPES = ['a', 'b', 'c', 'd', 'e']

/** A workload of five types, of which none is the best at everything. */
const workload: Workload = {
  model: 'five',
  latency: {
    types: TYPES,
    batchSizes: Float64Array.of(1, 10, 100),
    levels: Float64Array.of(0, 0.5, 1),
    samples: new Float64Array(15).fill(100),
    meanMs: Float64Array.from({ length: 15 }, (_, i) => [1, 3, 9][i % 3] + ((i * 7) % 5)),
    knotsMs: Float64Array.from({ length: 45 }, (_, i) => {
      const row = Math.floor(i / 3)
      return ([1, 3, 9][row % 3] + ((row * 7) % 5)) * (0.8 + 0.2 * (i % 3))
    }),
  },
  mix: { batchSizes: Float64Array.of(1, 10, 100), probabilities: Float64Array.of(0.5, 0.3, 0.2) },
  qosMs: 13,
  percentile: 99,
}

function spaceOf(most: number, budgetPerHour = 20): Space {
  const { types } = boxOf(TYPES.map(() => most + 1))
  return { types: types.map((type, t) => ({ ...type, name: TYPES[t] })), budgetPerHour }
}

const ended = { stop: AbortSignal.abort() }

test('a ranking that is ended early has good rows, and the gap to the best bound that may be left', async () => {
  // 28,629,151 configurations: many turns
  const space = spaceOf(30)
  const request: RankRequest = { workload, space, threads: 1, topN: 5 }
  const part = await rankConfigurations({ ...request, ...ended })
  const [{ bound }] = (await rankConfigurations({ ...request, space: spaceOf(12) })).rows
  expect(part.rows.length).toBe(5)
  expect(part.proof).toMatchObject({ provenRows: 0 })
  expect(part.withinBudget).toBeUndefined()
  expect(part.rows[0].bound * (1 + part.proof!.gap)).toBeGreaterThanOrEqual(bound)
  const falls = part.rows.every((row, i) => i === 0 || row.bound <= part.rows[i - 1].bound)
  expect(falls).toBe(true)
})

test('the local search after an early end is bounded too', async () => {
  let now = 0
  let last = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now = Math.min(last, now + 1000)
    return now
  })
  onTestFinished(() => clock.mockRestore())
  const found = async (until: number) => {
    now = 0
    last = until
    const request = { workload, space: spaceOf(30), threads: 1, topN: 10_000, ...ended }
    return (await rankConfigurations(request)).rows.length
  }
  // the clock stands still after the first step of the enumeration, or goes on
  expect(await found(1e9)).toBeLessThan(await found(3000))
})

test.each(['stop', 'signal'] as const)(
  'a %s ends the local search before a branch and bound',
  async (way) => {
    // every look at the clock is a second later
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
    onTestFinished(() => clock.mockRestore())
    const host = requiredHost()
    onTestFinished(() => provideHost(host))
    const pool: KernelPool = { threads: 1, run: () => new Promise(() => {}), close: async () => {} }
    provideHost({ ...host, openPool: async () => pool })
    const space = spaceOf(1000, 100)
    const abort = new AbortController()
    const own = selectSetting({
      ...{ kernel: 'fallback', threads: 1, [way]: abort.signal },
      ...(way === 'stop' && { end: earlyEnd({ stop: abort.signal }) }),
    })
    let bounded = 0
    const here: Kernel = {
      ...sharedKernel('wasm'),
      fluidBounds: (query) => {
        bounded += query.counts.length / TYPES.length
        // the relaxation bounds 16 for each type at most
        if (bounded > 16 * TYPES.length) abort.abort(new Error('enough'))
        return sharedKernel('wasm').fluidBounds(query)
      },
    }
    const query = { ...fluidSpace(space, fluidProgram(workload, TYPES)), limit: 5, byCost: true }
    const searched = searchSpace(query, { ...own, here })
    if (way === 'signal') await expect(searched).rejects.toThrow('enough')
    else {
      const { rows, proof } = await searched
      expect(rows.bound.length).toBe(5)
      expect(proof.provenRows).toBe(0)
    }
    // a part of the first round
    expect(bounded).toBeLessThan(100)
  },
)

test('a ranking that is ended early proves none of its rows, however many there are', async () => {
  const stop = new AbortController()
  const part = await rankConfigurations({
    ...{ workload, space: spaceOf(30), threads: 1, topN: 6000, stop: stop.signal },
    onProgress: () => stop.abort(),
  })
  expect(part.rows.length).toBeGreaterThan(0)
  expect(part.proof!.visited).toBeLessThan(part.considered)
  expect(part.proof).toMatchObject({ provenRows: 0 })
})

// what is solved between two looks at the clock
test.each([
  ['wasm', 6, 1000],
  ['fallback', 1, 1],
] as const)('a list that is ended early in the kernel %s has the first rows', async (kernel, n, most) => {
  const request: RankRequest = { workload, space: spaceOf(n, 1e6), threads: 1, topN: Infinity, kernel }
  const all = await rankConfigurations(request)
  expect(all.proof).toBeUndefined()
  const stop = new AbortController()
  const { rows, endedEarly } = await streamRanking({ ...request, stop: stop.signal })
  const listed: RankedConfiguration[] = []
  for await (const some of rows) {
    listed.push(...some)
    stop.abort()
  }
  expect(endedEarly()).toBe(true)
  expect(listed.length).toBeLessThanOrEqual(most)
  expect(most).toBeLessThan(all.rows.length)
  expect(listed).toEqual(all.rows.slice(0, listed.length))
})

/** Every look at the clock is a second later, on any machine. */
function fastClock(): void {
  const clock = vi.spyOn(performance, 'now')
  onTestFinished(() => clock.mockRestore())
  let now = 0
  clock.mockImplementation(() => (now += 1000))
}

test('in the fallback a ranking that is ended early solves few configurations more', async () => {
  fastClock()
  const solved = vi.spyOn(sharedKernel('fallback'), 'fluidBounds')
  onTestFinished(() => solved.mockRestore())
  const request: RankRequest = { workload, space: spaceOf(6), kernel: 'fallback', ...ended }
  const { rows, proof } = await rankConfigurations(request)
  expect(rows.length).toBeGreaterThan(0)
  expect(rows[0].bound * (1 + proof!.gap)).toBeGreaterThan(0)
  const configurations = solved.mock.calls.reduce(
    (sum, [{ counts }]) => sum + counts.length / TYPES.length,
    0,
  )
  expect(configurations).toBeLessThan(12)
})

test('a frontier that is ended early says so, and has as many rows as are wanted', async () => {
  fastClock()
  const request = { workload, space: spaceOf(16), threads: 1, pareto: true, ...ended }
  const all = await rankConfigurations({ ...request, topN: Infinity })
  expect(all.rows.length).toBeGreaterThan(5)
  const part = await rankConfigurations({ ...request, topN: 5 })
  expect(part.rows).toEqual(all.rows.slice(0, 5))
  expect(part.proof).toMatchObject({ provenRows: 0 })
})

test.each([3, 1e6])('an enumeration of %i rows that is ended early has examined a part', async (limit) => {
  const space = spaceOf(30)
  const input = {
    lattice: latticeOf(space),
    program: fluidProgram(workload, TYPES),
    ...{ from: 0, to: 31 ** 5, limit, byCost: true },
  }
  const stop = new AbortController()
  const setting = selectSetting({
    ...{ kernel: 'wasm', threads: 1, end: earlyEnd({ stop: stop.signal }) },
    onExamined: () => stop.abort(),
  })
  const { examined } = await selectBest({ name: 'selectFluid', input }, setting)
  expect(examined).toBeGreaterThan(0)
  expect(examined).toBeLessThan(31 ** 5)
})

test.each([
  ['wasm', 'stop', 5 ** 5],
  ['wasm', 'signal', 5 ** 5],
  // the empty one, and the first that is bounded
  ['fallback', 'stop', 2],
  ['fallback', 'signal', 2],
] as const)('in the kernel %s a %s is seen after %i configurations', async (kernel, way, most) => {
  // every look at the clock is a second later: each step of the kernel ends a turn
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
  onTestFinished(() => clock.mockRestore())
  const size = 9 ** 5
  const page = { from: 0, to: size, limit: size, byCost: true }
  const input = { lattice: latticeOf(spaceOf(8, 1e6)), program: fluidProgram(workload, TYPES), ...page }
  const abort = new AbortController()
  let done = 0
  const setting = selectSetting({
    ...{ kernel, threads: 1, [way]: abort.signal },
    ...(way === 'stop' && { end: earlyEnd({ stop: abort.signal }) }),
    onExamined: (examined) => {
      done = examined
      abort.abort(new Error('enough'))
    },
  })
  const selected = selectBest({ name: 'selectFluid', input }, setting)
  if (way === 'stop') expect((await selected).examined).toBe(done)
  else await expect(selected).rejects.toThrow('enough')
  expect(done).toBeLessThanOrEqual(most)
})

test.each([20, 1e6])('the closed form in the fallback ends early, with %i rows too', async (limit) => {
  const { types, budgetPerHour } = boxOf([17, 17, 17, 17, 2])
  const lattice = latticeOf({ types, budgetPerHour })
  const input = { lattice, closedForm: closedFormOf(5), from: 0, to: 2 * 17 ** 4, limit, byCost: true }
  const stop = new AbortController()
  const setting = selectSetting({
    ...{ kernel: 'fallback', threads: 1, end: earlyEnd({ stop: stop.signal }) },
    onExamined: () => stop.abort(),
  })
  const { examined } = await selectBest({ name: 'selectLattice', input }, setting)
  expect(examined).toBeGreaterThan(0)
  expect(examined).toBeLessThanOrEqual(2 ** 16)
})

test.each([31, 1000])(
  'an abort ends a ranking of %i^5 while its threads are busy',
  async (n) => {
    const host = requiredHost()
    onTestFinished(() => provideHost(host))
    let closed = 0
    const abort = new AbortController()
    const pool: KernelPool = {
      threads: 2,
      run: () => {
        abort.abort(new Error('enough'))
        return new Promise(() => {})
      },
      close: async () => void closed++,
    }
    provideHost({ ...host, openPool: async () => pool })
    const request = { workload, space: spaceOf(n - 1, 1e6), threads: 2, topN: 5 }
    await expect(rankConfigurations({ ...request, signal: abort.signal })).rejects.toThrow('enough')
    expect(closed).toBe(1)
  },
  5000,
)

test('a search for a target that is ended early keeps what is proven, and the gap of the rest', async () => {
  const request = { workload, space: spaceOf(30), targetQps: 3000, topN: 200 }
  const all = await cheapestConfigurations(request)
  expect(all.rows).toHaveLength(200)
  expect(all.proof).toMatchObject({ gap: 0 })
  const none = await cheapestConfigurations({ ...request, ...ended })
  expect(none.proof).toMatchObject({ provenRows: 0 })
  if (none.rows.length > 0) {
    const { costPerHour } = none.rows[0]
    expect(costPerHour * (1 - none.proof!.gap)).toBeLessThanOrEqual(all.rows[0].costPerHour * (1 + 1e-9))
  } else expect(none.proof!.gap).toBe(Infinity)
  expect(none.infeasible).toBeUndefined()
})

test('an early end stays due, even if its timer fires before the deadline', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  onTestFinished(() => clock.mockRestore())
  const end = earlyEnd({ timeLimitMs: 1 })
  expect(end.isDue()).toBe(false)
  await end.race(new Promise(() => {}))
  expect(end.isDue()).toBe(true)
})

test('a time limit beyond the longest wait of a timer does not end the work earlier', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const end = earlyEnd({ timeLimitMs: 2 * LONGEST_MS })
  let finish = () => {}
  const raced = end.race(
    new Promise<void>((resolve) => {
      finish = resolve
    }),
  )
  vi.advanceTimersByTime(LONGEST_MS)
  expect(end.isDue()).toBe(false)
  finish()
  await raced
})

test('a target that is out of reach is not explained if the best bound is not known in time', async () => {
  // the search for the target ends after its first node; to list 39^5 configurations takes far longer than the limit
  const space = spaceOf(38, 1e5)
  const request = { workload, space, targetQps: 1e9, threads: 1, timeLimitMs: 300 }
  const { rows, infeasible } = await cheapestConfigurations(request)
  expect(rows).toEqual([])
  expect(infeasible).toEqual({
    limits: [],
    message: 'no configuration reaches the target, and the search ended before it found what would help',
    remedies: [],
  })
})

test.each([0, -1, Number.NaN])('a time limit of %s is refused', async (timeLimitMs) => {
  const space = spaceOf(2)
  const refusal = { code: 'BAD_USAGE', place: { field: 'timeLimitMs' } }
  await expect(rankConfigurations({ workload, space, timeLimitMs })).rejects.toMatchObject(refusal)
  await expect(cheapestConfigurations({ workload, space, targetQps: 1, timeLimitMs })).rejects.toMatchObject(
    refusal,
  )
})
