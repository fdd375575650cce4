import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { earlyEnd } from '../../../src/allocate/early-end.ts'
import { rankConfigurations } from '../../../src/allocate/rank.ts'
import type { SearchQuery } from '../../../src/allocate/select/branch-and-bound.ts'
import { selectBest } from '../../../src/allocate/select/enumerate.ts'
import { searchSpace } from '../../../src/allocate/select/search-space.ts'
import { selectSetting } from '../../../src/allocate/select/setting.ts'
import { mergeParts, rankingQuestion, rankShard } from '../../../src/allocate/shards.ts'
import { type KernelPool, provideHost } from '../../../src/kernel/host.ts'
import { countsAt } from '../../../src/kernel/lattice.ts'
import { workload } from '../../../src/model/workload/build-workload.ts'
import { nodeHost } from '../../../src/workers/node-host.ts'
import { openPool } from '../../../src/workers/pool.ts'
import { question } from './random-space.ts'
import { withTwin } from './twin.ts'

const onThreads = (threads: number) => selectSetting({ kernel: 'wasm', threads })

/** Expects the rows of an enumeration from a search, with its proof. */
async function expectAsEnumerated(query: SearchQuery): Promise<void> {
  const { size, ...page } = query
  const setting = onThreads(1)
  const walked = await selectBest({ name: 'selectFluid', input: { ...page, from: 0, to: size } }, setting)
  const { rows, proof } = await searchSpace(query, setting)
  expect(Array.from(rows.number)).toEqual(Array.from(walked.number))
  expect(rows.bound).toEqual(walked.bound)
  expect(rows.cost).toEqual(walked.cost)
  expect(proof.gap).toBe(0)
}

describe('on random spaces', () => {
  // all searches have the same thread: to start one takes longer than a small search
  let pool: KernelPool
  beforeAll(async () => {
    pool = await openPool(1, 'wasm')
    provideHost({ ...nodeHost, openPool: async () => ({ ...pool, close: async () => undefined }) })
  })
  afterAll(async () => {
    provideHost(nodeHost)
    await pool.close()
  })

  test('branch and bound finds the rows of an enumeration', async () => {
    await fc.assert(fc.asyncProperty(question, expectAsEnumerated), { numRuns: 60 })
  })

  test('with types that differ in their names only, too', async () => {
    await fc.assert(
      fc.asyncProperty(question, fc.nat({ max: 1 }), fc.nat({ max: 3 }), async (query, min, more) => {
        await expectAsEnumerated({ ...query, ...withTwin(query, min, more) })
      }),
      { numRuns: 100 },
    )
  })
})

test.each([true, false])(
  'branch and bound finds the rows of an enumeration where a scarce type bounds 1,500 rows alike, ties by cost: %s',
  async (byCost) => {
    // the first type serves nearly all large queries; three of the others serve the rest
    await expectAsEnumerated({
      lattice: {
        min: new Float64Array(3),
        size: Float64Array.of(2, 40, 40),
        price: Float64Array.of(1, 0.125, 0.125),
        budget: 100,
      },
      program: {
        probability: Float64Array.of(0.5, 0.5),
        service: Float64Array.of(10, 10, 1, 1000, 1, 1000),
        violation: Float64Array.of(0, 0, 0, 1, 0, 1),
        epsilon: 0.01,
      },
      ...{ size: 2 * 40 * 40, limit: 8, byCost },
    })
  },
)

test('one machine in eight zones at one price is ranked at once', async () => {
  const zones = 8
  const each = (value: number) => new Float64Array(zones).fill(value)
  const query = {
    lattice: { min: each(0), size: each(51), price: each(0.5), budget: 100 },
    program: { probability: Float64Array.of(1), service: each(20), violation: each(0), epsilon: 0.01 },
    ...{ size: 51 ** zones, limit: 3, byCost: true },
  }
  const { rows, proof } = await searchSpace(query, onThreads(1))
  const counts = Array.from(rows.number, (number) => countsAt(query.lattice, number))
  expect(counts).toEqual([
    [0, 0, 0, 0, 50, 50, 50, 50],
    [0, 0, 0, 1, 49, 50, 50, 50],
    [0, 0, 0, 1, 50, 49, 50, 50],
  ])
  expect(Array.from(rows.bound)).toEqual([10_000, 10_000, 10_000])
  expect(proof.gap).toBe(0)
})

/** Ten types from slow and cheap to fast and dear: 21^10 configurations. */
function large() {
  const types = 10
  const bins = 40
  const price = Float64Array.from({ length: types }, (_, t) => 0.1 * 40 ** (t / (types - 1)))
  const service = Float64Array.from({ length: types * bins }, (_, i) => {
    const t = Math.floor(i / bins)
    return 3 + ((t * 7) % 5) + ((1 + ((t * 3) % 4) / 4) * ((i % bins) + 1)) / price[t] ** 0.8
  })
  return {
    lattice: { min: new Float64Array(types), size: new Float64Array(types).fill(21), price, budget: 23 },
    program: {
      probability: new Float64Array(bins).fill(1 / bins),
      service,
      violation: service.map((ms) => Math.min(1, Math.max(0, (ms - 60) / 40))),
      epsilon: 0.01,
    },
    size: 21 ** types,
    limit: 20,
    byCost: true,
  }
}

test('thousands of rows that tie are in the order of their counts, as in an enumeration', async () => {
  const speed = { c1: 1, c2: 1, c3: 1, m1: 2, m2: 2, m3: 2, d: 4 }
  const names = Object.entries(speed)
  const own = workload({
    latency: Object.fromEntries(names.map(([name, times]) => [name, [[8, 40 / times, 40 / times]] as const])),
    mix: { 8: 1 },
    qosMs: 100,
  })
  const types = names.map(([name, times]) => ({ name, max: 24, pricePerHour: 0.125 * times }))
  for (const ties of ['cost', 'counts'] as const) {
    const request = { workload: own, space: { types, budgetPerHour: 3 }, topN: 8, ties }
    const searched = await rankConfigurations({ ...request, threads: 1 })
    const question = rankingQuestion(request)
    const walked = await mergeParts(question, [
      await rankShard(question, { index: 0, count: 1 }, { threads: 1 }),
    ])
    expect(searched.proof).toMatchObject({ gap: 0 })
    expect(searched.rows.map(({ counts }) => counts)).toEqual(walked.rows.map(({ counts }) => counts))
  }
})

describe('the best 20 of 10^13', () => {
  let one: Awaited<ReturnType<typeof searchSpace>>
  beforeAll(async () => {
    one = await searchSpace(large(), onThreads(1))
  })

  test('are proven, with the same result on one thread and on two', async () => {
    expect(one.rows.bound).toHaveLength(20)
    expect(one.proof).toMatchObject({ gap: 0 })
    expect(one.proof.visited).toBeGreaterThan(one.proof.pruned)
    expect(await searchSpace(large(), onThreads(2))).toEqual(one)
  })

  test('are approached, with the gap that remains, when the time is up', async () => {
    const { rows, proof } = await searchSpace(large(), { ...onThreads(1), end: earlyEnd({ timeLimitMs: 1 }) })
    expect(rows.bound.length).toBeGreaterThan(0)
    expect(proof.gap).toBeGreaterThan(0)
    expect(rows.bound[0]).toBeLessThanOrEqual(one.rows.bound[0])
    expect(rows.bound[0] * (1 + proof.gap)).toBeGreaterThanOrEqual(one.rows.bound[0])
  })
})
