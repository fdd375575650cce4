import { beforeAll, describe, expect, test } from 'vitest'
import { rankConfigurations } from '../../../src/allocate/rank.ts'
import { type SearchRequest, searchConfigurations } from '../../../src/allocate/search/search.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import type { KairosError } from '../../../src/model/errors.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'
import { allowableThroughput } from '../../../src/replay/allowable-throughput.ts'
import { estimate } from '../../../src/replay/interval.ts'
import { PUBLISHED_SPACE } from '../../fixtures/published.ts'
import { logInMemory, SHORT, SPACE } from './short-search.ts'

const TYPES = SPACE.types.map(({ name }) => name)

describe.each(['rm2', 'mtwnd', 'dien'])('%s', (model) => {
  let request: SearchRequest
  let workload: Workload
  let all: { readonly counts: readonly number[]; readonly mean: number; readonly costPerHour: number }[]
  beforeAll(async () => {
    workload = await readWorkload(model)
    request = { workload, space: SPACE, ...SHORT }
    const { rows } = await rankConfigurations({ workload, space: SPACE, topN: Infinity, threads: 1 })
    all = []
    for (const { counts, costPerHour } of rows) {
      const { mean } = await allowableThroughput({ workload, types: TYPES, counts, ...SHORT })
      all.push({ counts, mean, costPerHour })
    }
    expect(all.length).toBeGreaterThan(20)
  })

  test('finds the best three of all feasible configurations measured in full', async () => {
    const { rows, proof, feasible, evaluations } = await searchConfigurations({ ...request, topN: 3 })
    const best = all.toSorted((a, b) => b.mean - a.mean).slice(0, 3)
    expect(rows.map(({ counts }) => counts)).toEqual(best.map(({ counts }) => counts))
    rows.forEach(({ rank, mean, bound, shareOfBound }, i) => {
      expect([rank, mean]).toEqual([i + 1, best[i].mean])
      // the share is that of the bound of the sizes that were drawn
      expect(Math.abs(shareOfBound / (mean / bound) - 1)).toBeLessThan(0.02)
    })
    // every feasible configuration is accounted for
    const { measured, refuted, prunedByBound = Number.NaN } = proof
    expect(measured + refuted + prunedByBound).toBe(feasible)
    expect(measured + refuted).toBe(evaluations.length)
    expect(evaluations.length).toBeLessThan(all.length)
    // what short replays refuted does measure less
    const refutations = evaluations.filter(({ outcome }) => outcome === 'refuted')
    for (const { counts } of refutations) {
      const mean = all.find((other) => String(other.counts) === String(counts))?.mean
      expect(mean).toBeLessThan(rows[2].mean)
    }
  })

  test('an exhaustive search measures all of them and has the same winner', async () => {
    const long = await searchConfigurations({ ...request, exhaustive: true })
    const measured = long.evaluations.map(({ counts, outcome, ...rest }) => ({
      ...{ counts, outcome, mean: 'mean' in rest && rest.mean },
    }))
    expect(measured).toEqual(all.map(({ counts, mean }) => ({ counts, outcome: 'measured', mean })))
    expect(long.rows).toEqual((await searchConfigurations(request)).rows)
  })

  test.each(['fcfs', 'shortest-completion', 'kairos'])('finds the best under %s too', async (policy) => {
    const short = { ...request, policy, space: { ...SPACE, budgetPerHour: 1.1 } }
    const { rows } = await searchConfigurations(short)
    expect(rows).toEqual((await searchConfigurations({ ...short, exhaustive: true })).rows)
  })

  test('finds the cheapest of all configurations that sustain a target', async () => {
    const targetQps = 0.6 * Math.max(...all.map(({ mean }) => mean))
    const found = await searchConfigurations({ ...request, targetQps })
    const expected = all
      .filter(({ mean }) => mean >= targetQps)
      .reduce((a, b) => (a.costPerHour <= b.costPerHour ? a : b))
    expect(found.rows.map(({ costPerHour }) => costPerHour)).toEqual([expected.costPerHour])
    expect(found.rows[0].mean).toBeGreaterThanOrEqual(targetQps)
    expect(found.targetQps).toBe(targetQps)
  })
})

describe('a search', () => {
  let request: SearchRequest
  beforeAll(async () => {
    request = { workload: await readWorkload('mtwnd'), space: SPACE, ...SHORT }
  })

  test('has the same result on several threads, and continues from a log', async () => {
    const once = await searchConfigurations(request)
    expect(await searchConfigurations({ ...request, threads: 2 })).toEqual(once)
    const log = logInMemory()
    expect(await searchConfigurations({ ...request, log })).toEqual(once)
    expect([log.found, log.trials.size]).toEqual([0, once.proof.replays])
    expect(await searchConfigurations({ ...request, log })).toEqual(once)
    expect([log.found, log.trials.size]).toEqual([once.proof.replays, once.proof.replays])
    // as after a run that was ended
    const half = logInMemory()
    for (const [name, holds] of [...log.trials].slice(0, 30)) half.trials.set(name, holds)
    expect(await searchConfigurations({ ...request, log: half })).toEqual(once)
    expect([half.found, half.trials.size]).toEqual([30, once.proof.replays])
  })

  test('keys the log by content: another seed, target, policy or table is another trial', async () => {
    const log = logInMemory()
    await searchConfigurations({ ...request, log })
    const { workload } = request
    const { latency } = workload
    for (const change of [
      { seed: 100 },
      { policy: 'kairos' },
      { queries: 2001 },
      { arrivals: 'constant' as const },
      { workload: { ...workload, qosMs: 26 } },
      { workload: { ...workload, latency: { ...latency, meanMs: latency.meanMs.map((ms) => 1.001 * ms) } } },
    ]) {
      await searchConfigurations({ ...request, ...change, log })
      expect(log.found, Object.keys(change)[0]).toBe(0)
    }
  })

  test('calls back after each evaluation', async () => {
    const seen: number[] = []
    const { evaluations } = await searchConfigurations({
      ...request,
      onProgress: ({ done, last, best }) => {
        seen.push(done)
        expect(best?.mean).toBeGreaterThan(0)
        expect(last.bound).toBeGreaterThan(0)
      },
    })
    expect(seen).toEqual(evaluations.map((_, i) => i + 1))
  })

  test('leaves no query waiting forever where half of the queries may be late', async () => {
    const { workload } = request
    const space = { ...SPACE, budgetPerHour: 1.1 }
    for (const percentile of [50, 90]) {
      const { rows, evaluations } = await searchConfigurations({
        ...{
          ...request,
          workload: { ...workload, percentile },
          space,
          exhaustive: true,
          queries: 10_000,
          repeats: 1,
        },
      })
      expect(evaluations.length).toBeGreaterThan(5)
      for (const { mean, bound } of rows) expect(mean).toBeLessThanOrEqual(1.015 * bound)
    }
  })

  test('finds a single machine best that an additional slow one slows down', async () => {
    const workload = await readWorkload('dien')
    const most: Record<string, number> = { 'g4dn.xlarge': 1, 't3.xlarge': 4 }
    const types = SPACE.types.map((type) => ({ ...type, max: most[type.name] ?? 0 }))
    const spoiled = { ...request, workload, space: { types, budgetPerHour: 1.2 }, policy: 'kairos' }
    const long = await searchConfigurations({ ...spoiled, exhaustive: true })
    // the premise: its bound is the lowest of all, and one more instance measures less
    expect(long.evaluations.at(-1)?.counts).toEqual([1, 0, 0, 0])
    expect(long.rows[0].counts).toEqual([1, 0, 0, 0])
    expect((await searchConfigurations(spoiled)).rows).toEqual(long.rows)
  })

  test('with spare instances, measures what is left after every loss', async () => {
    const { workload } = request
    const space = { ...SPACE, budgetPerHour: 2 }
    const whole = await searchConfigurations({ ...request, space })
    const targetQps = 0.35 * whole.rows[0].mean
    const found = await searchConfigurations({ ...request, space, targetQps, spare: 1 })
    expect(found.spare).toBe(1)
    const [{ counts, mean, lost = [], bound }] = found.rows
    const alone = async (rest: readonly number[]) =>
      (await allowableThroughput({ workload, types: TYPES, counts: rest, ...SHORT })).mean
    const losses = counts.flatMap((count, t) => (count > 0 ? [counts.with(t, count - 1)] : []))
    const left = await Promise.all([counts, ...losses].map(alone))
    expect(mean).toBe(Math.min(...left))
    expect(mean).toBeGreaterThanOrEqual(targetQps)
    expect(await alone(counts.map((count, t) => count - lost[t]))).toBe(mean)
    expect(lost.reduce((sum, count) => sum + count)).toBe(1)
    // every cheaper one fails after some loss, without which its evaluation is
    for (const evaluation of found.evaluations.slice(0, -1)) {
      const rest = evaluation.counts.map((count, t) => count - evaluation.lost![t])
      if (evaluation.outcome === 'measured') expect(evaluation.mean).toBe(await alone(rest))
      expect(await alone(rest)).toBeLessThan(targetQps)
    }
    const plain = await searchConfigurations({ ...request, space, targetQps })
    expect(plain.rows[0].costPerHour).toBeLessThan(found.rows[0].costPerHour)
    const bounds = await rankConfigurations({ workload, space, topN: Infinity, threads: 1 })
    expect(bound).toBe(bounds.rows.find((row) => String(row.counts) === String(counts))?.bound)
    // the share is of the bound of what is left
    const [{ boundLeft }] = found.rows
    const rest = counts.map((count, t) => count - lost[t])
    expect(boundLeft).toBe(bounds.rows.find((row) => String(row.counts) === String(rest))?.bound)
    expect(plain.rows[0].boundLeft).toBeUndefined()
    const beyond = await searchConfigurations({ ...request, space, targetQps: whole.rows[0].mean, spare: 1 })
    expect(beyond.rows).toEqual([])
    expect(beyond.infeasible?.limits).toContain('target')
  })

  test('uses bounds of mean service times where replays do', async () => {
    const { rows } = await searchConfigurations({ ...request, service: 'mean' })
    const sampled = await searchConfigurations(request)
    expect(rows[0].bound).toBeGreaterThanOrEqual(sampled.rows[0].bound)
    expect(rows[0].mean).toBeGreaterThan(sampled.rows[0].mean)
  })

  test('marks rows as tied whose difference to the first has an interval that contains 0', async () => {
    const tight = { ...request, space: PUBLISHED_SPACE }
    const { rows, evaluations } = await searchConfigurations({ ...tight, topN: 3 })
    const differences = rows.map(({ rates }) => estimate(rates.map((rate, k) => rows[0].rates[k] - rate)))
    expect(rows.map(({ tied }) => tied)).toEqual(
      differences.map(({ mean, halfWidth }, i) => i > 0 && mean <= halfWidth),
    )
    expect(new Set(rows.slice(1).map(({ tied }) => tied)).size).toBe(2)
    // evaluations beyond the rows are marked too
    const measured = evaluations.filter((row) => row.outcome === 'measured')
    expect(measured.length).toBeGreaterThan(rows.length)
    for (const row of measured) {
      const { mean, halfWidth } = estimate(row.rates.map((rate, k) => rows[0].rates[k] - rate))
      expect(row.tied).toBe(row.rates !== rows[0].rates && mean <= halfWidth)
    }
    const once = await searchConfigurations({ ...tight, topN: 3, repeats: 1 })
    expect(once.rows.some(({ tied }) => tied)).toBe(false)
  })

  test('searches a space that is too large to enumerate by branch and bound', async () => {
    // two names for each type: the budget leaves counts of 1.4 * 10^8 configurations
    const { workload } = request
    const { latency } = workload
    const twice = (values: Float64Array) => Float64Array.from([...values, ...values])
    const doubled = {
      ...latency,
      types: [...latency.types, ...latency.types.map((name) => `${name} again`)],
      samples: twice(latency.samples),
      meanMs: twice(latency.meanMs),
      knotsMs: twice(latency.knotsMs),
    }
    const published = PUBLISHED_SPACE.types.map((type) => ({ ...type, max: 20 }))
    const types = [...published, ...published.map((type) => ({ ...type, name: `${type.name} again` }))]
    const found = await searchConfigurations({
      ...{ ...request, workload: { ...workload, latency: doubled } },
      ...{ queries: 500, repeats: 2, space: { types, budgetPerHour: 2.6 } },
    })
    expect(found.considered).toBe(21 ** 8)
    expect(found.feasible).toBeUndefined()
    expect(found.proof.prunedByBound).toBeUndefined()
    expect(found.rows).toHaveLength(1)
  })

  test('evaluates every candidate once beyond the first page of the cheapest', async () => {
    const found = await searchConfigurations({
      ...{ ...request, queries: 500, repeats: 1, space: PUBLISHED_SPACE, targetQps: 50, topN: 100 },
    })
    expect(found.rows).toHaveLength(100)
    const counts = found.evaluations.map((evaluation) => String(evaluation.counts))
    expect(new Set(counts).size).toBe(counts.length)
    const costs = found.evaluations.map(({ costPerHour }) => costPerHour)
    expect(costs).toEqual(costs.toSorted((a, b) => a - b))
  })

  test('returns remedies where nothing is feasible and where a target is out of reach', async () => {
    const workload = { ...request.workload, qosMs: 0.01 }
    const none = await searchConfigurations({ ...request, workload })
    expect(none.rows).toEqual([])
    expect(none.infeasible?.limits).toContain('qos')
    const best = await searchConfigurations(request)
    const targetQps = (best.rows[0].mean + best.rows[0].bound) / 2
    const short = await searchConfigurations({ ...request, targetQps })
    expect(short.rows).toEqual([])
    expect(short.evaluations.length).toBeGreaterThan(0)
    const [remedy] = short.infeasible?.remedies ?? []
    expect(remedy.limit).toBe('target')
    expect(remedy.value).toBeLessThanOrEqual(best.rows[0].mean)
    expect((await searchConfigurations({ ...request, targetQps: remedy.value })).rows).toHaveLength(1)
    const beyond = await searchConfigurations({ ...request, targetQps: 1e6 })
    // no bound reaches it: what was replayed is what says how far one may go
    expect(beyond.evaluations).toEqual(best.evaluations)
    expect(beyond.proof.replays).toBe(best.proof.replays)
    expect(beyond.infeasible?.remedies[0].limit).toMatch(/budget|target/)
  })

  test('rejects unusable requests, and ends when it is aborted', async () => {
    const refusal = (change: Partial<SearchRequest>) =>
      searchConfigurations({ ...request, ...change }).catch((error: KairosError) => error)
    expect(await refusal({ topN: 0 })).toMatchObject({ code: 'BAD_USAGE', place: { field: 'topN' } })
    expect(await refusal({ queries: 99 })).toMatchObject({ place: { field: 'queries' } })
    expect(await refusal({ exhaustive: true, targetQps: 1 })).toMatchObject({
      place: { field: 'exhaustive' },
    })
    expect(await refusal({ policy: 'prized' })).toMatchObject({ place: { field: 'policy' } })
    expect(await refusal({ spare: 1 })).toMatchObject({ place: { field: 'spare' } })
    expect(await refusal({ spare: 9, targetQps: 1 })).toMatchObject({ place: { field: 'spare' } })
    expect(await refusal({ timeLimitMs: 0 })).toMatchObject({ place: { field: 'timeLimitMs' } })
    expect(await refusal({ queries: 2000.5 })).toMatchObject({ place: { field: 'queries' } })
    expect(await refusal({ kernel: 'wsam' as 'wasm' })).toMatchObject({ place: { field: 'kernel' } })
    expect(await refusal({ targetQps: Number.NaN })).toMatchObject({ place: { field: 'targetQps' } })
    const controller = new AbortController()
    const ended = refusal({ signal: controller.signal, onProgress: () => controller.abort() })
    expect(await ended).toBe(controller.signal.reason)
  })
})
