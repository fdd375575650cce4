import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { cheapestConfigurations } from '../../../src/allocate/cheapest/cheapest.ts'
import { rankConfigurations } from '../../../src/allocate/rank.ts'
import { firstByBound } from '../../../src/allocate/search/by-bound.ts'
import { type SearchRequest, searchConfigurations } from '../../../src/allocate/search/search.ts'
import { fluidBound } from '../../../src/bound/fluid.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { planOf } from '../../../src/replay/allowable-throughput.ts'
import type { TrialLog } from '../../../src/replay/trials.ts'
import { logInMemory, SHORT, SPACE } from './short-search.ts'

describe('a search that ends early', () => {
  let request: SearchRequest
  beforeAll(async () => {
    request = { workload: await readWorkload('mtwnd'), space: SPACE, ...SHORT }
  })

  test('returns the best so far and the next bound when its time is up', async () => {
    const whole = await searchConfigurations({ ...request, exhaustive: true })
    expect(whole.proof.proven).toBe(true)
    const log = logInMemory()
    const timeLimitMs = 3000
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const slow: TrialLog = {
      find: () => undefined,
      add: (key, rate, holds) => {
        log.add(key, rate, holds)
        // the time goes by in the third measurement
        if (log.trials.size === 100) vi.advanceTimersByTime(timeLimitMs)
      },
    }
    const limited = { ...request, exhaustive: true, log: slow, timeLimitMs }
    const { rows, proof, evaluations, feasible } = await searchConfigurations(limited)
    expect(evaluations.length).toBeGreaterThan(0)
    // ties are with the first row, which may be another one at the end
    const untied = (all: typeof evaluations) => all.map((row) => ({ ...row, tied: undefined }))
    expect(untied(evaluations)).toEqual(untied(whole.evaluations).slice(0, evaluations.length))
    const left = Number(feasible) - evaluations.length
    expect(proof).toMatchObject({ proven: false, measured: evaluations.length, prunedByBound: left })
    expect(proof.nextBound).toBe(whole.evaluations[evaluations.length].bound)
    expect(rows).toHaveLength(1)
  })

  test('lists what is best by bound where the time ends before the first result', async () => {
    const early = (change: Partial<SearchRequest>) =>
      searchConfigurations({ ...request, timeLimitMs: 1e-3, topN: 3, ...change })
    const ranked = await rankConfigurations({ workload: request.workload, space: SPACE, topN: 3, threads: 1 })
    const byBound = ranked.rows.map(({ counts, costPerHour, bound }) => ({ counts, costPerHour, bound }))
    for (const change of [{}, { threads: 2 }, { stop: AbortSignal.abort(), timeLimitMs: undefined }]) {
      const found = await early(change)
      expect(found).toMatchObject({
        rows: [],
        evaluations: [],
        byBound,
        proof: { proven: false, measured: 0 },
      })
      expect(found.infeasible).toBeUndefined()
    }
    const targetQps = byBound[0].bound / 2
    const target = await early({ targetQps })
    expect(target).toMatchObject({ rows: [], proof: { proven: false, endedEarly: true, gap: null } })
    const cheapest = await cheapestConfigurations({
      ...{ workload: request.workload, space: SPACE },
      targetQps,
      topN: 3,
    })
    expect(target.byBound?.map(({ counts }) => counts)).toEqual(cheapest.rows.map(({ counts }) => counts))
    expect((await searchConfigurations(request)).byBound).toBeUndefined()
  })

  test('lists bounds of the service times that it was asked for', async () => {
    const { workload } = request
    const types = SPACE.types.map(({ name }) => name)
    const early = { ...request, service: 'mean', topN: 3, stop: AbortSignal.abort() } as const
    const [best, cheapest] = [{}, { targetQps: 100 }].map((asked) =>
      searchConfigurations({ ...early, ...asked }),
    )
    for (const { byBound = [] } of [await best, await cheapest]) {
      expect(byBound).toHaveLength(3)
      for (const { counts, bound } of byBound)
        expect(bound).toBe(fluidBound(workload, types, counts, { service: 'mean' }))
    }
  })

  test.each([undefined, 100])('ends by its signal while it lists bounds, target %s', async (targetQps) => {
    const { workload } = request
    const reason = new Error('enough')
    const listed = firstByBound({
      ...{ workload, space: SPACE, topN: 3, targetQps, plan: { load: planOf(request, () => 1).load } },
      ...{ setting: { kernel: 'wasm', threads: 1 }, signal: AbortSignal.abort(reason) },
    })
    await expect(listed).rejects.toBe(reason)
  })

  test('leaves no timer behind where it cannot start', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const search = searchConfigurations({ ...request, log: {} as never, timeLimitMs: 1e6 })
    await expect(search).rejects.toThrow('log: is no log')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('leaves out what was measured where the time ends before one sustains a target', async () => {
    const best = await searchConfigurations(request)
    const targetQps = (best.rows[0].mean + best.rows[0].bound) / 2
    const stop = new AbortController()
    const found = await searchConfigurations({
      ...{ ...request, targetQps, topN: 5, stop: stop.signal },
      onProgress: () => stop.abort(),
    })
    expect(found.rows).toEqual([])
    expect(found.evaluations).toHaveLength(1)
    expect(found.byBound?.length).toBeGreaterThan(0)
    expect(found.byBound?.map(({ counts }) => counts)).not.toContainEqual(found.evaluations[0].counts)
  })
})
