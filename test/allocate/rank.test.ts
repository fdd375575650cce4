import { describe, expect, test } from 'vitest'
import {
  questionOf,
  type RankRequest,
  rankConfigurations,
  rowsOf,
  streamRanking,
} from '../../src/allocate/rank.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { affordableSpace, costOf, type Space } from '../../src/model/fleet/space.ts'
import type { Progress } from '../../src/model/progress.ts'
import { workload } from '../../src/model/workload/build-workload.ts'
import type { Profile } from '../../src/model/workload/profile.ts'
import { PUBLISHED_SPACE, publishedProfiles, publishedRanking } from '../fixtures/published.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const profiles = publishedProfiles()
const published = (model: string, more: Partial<RankRequest> = {}): RankRequest => ({
  workload: { ...smallWorkload(), model },
  space: PUBLISHED_SPACE,
  bound: 'closed-form',
  profile: profiles.get(model)!,
  topN: Infinity,
  ...more,
})

describe.each(['wasm', 'fallback'] as const)('%s', (kernel) => {
  test.each(['rm2', 'dien', 'mtwnd'])('%s: equals the published ranking, in its order', async (model) => {
    const { rows, ...head } = await rankConfigurations(published(model, { kernel, ties: 'counts' }))
    const golden = publishedRanking(model)
    expect(rows.map((row) => row.counts)).toEqual(golden.map((row) => row.counts))
    rows.forEach((row, i) => {
      expect(Math.abs(row.bound / golden[i].bound - 1)).toBeLessThan(1e-12)
      expect(row.costPerHour).toBeCloseTo(golden[i].cost, 3)
      expect(row.rank).toBe(i + 1)
    })
    expect(head).toMatchObject({ considered: 12096, withinBudget: 696, feasible: 331 })
  })

  test('orders equal bounds by cost', async () => {
    const { rows } = await rankConfigurations(published('dien', { kernel }))
    for (let i = 1; i < rows.length; i++) {
      const [a, b] = [rows[i - 1], rows[i]]
      expect(a.bound).toBeGreaterThanOrEqual(b.bound)
      if (a.bound === b.bound) expect(a.costPerHour).toBeLessThanOrEqual(b.costPerHour)
    }
  })

  test('takes costs that differ by their rounding as equal: counts decide', async () => {
    const own = workload({
      latency: { large: [[8, 10, 10]], small: [[8, 30, 30]] },
      mix: { 8: 1 },
      qosMs: 100,
    })
    // 3 x 0.1 is 0.30000000000000004
    const types = [
      { name: 'large', max: 2, pricePerHour: 0.3 },
      { name: 'small', max: 6, pricePerHour: 0.1 },
    ]
    const request = { workload: own, space: { types, budgetPerHour: 0.3 }, kernel, topN: 2 }
    const { rows } = await rankConfigurations(request)
    expect(rows.map(({ counts, bound, costPerHour }) => ({ counts, bound, costPerHour }))).toEqual([
      { counts: [0, 3], bound: 100, costPerHour: 0.3 },
      { counts: [1, 0], bound: 100, costPerHour: 0.3 },
    ])
  })
})

test('streams the rows of the ranking in batches', async () => {
  const { rows } = await rankConfigurations(published('rm2'))
  const { head, rows: batches } = await streamRanking(published('rm2'))
  const streamed = []
  for await (const batch of batches) streamed.push(...batch)
  expect(streamed).toEqual(rows)
  expect(head.feasible).toBe(331)
})

test('names the smallest feasible budget where the budget buys nothing', async () => {
  const space: Space = { ...PUBLISHED_SPACE, budgetPerHour: 0.5 }
  const ranking = await rankConfigurations(published('rm2', { space }))
  expect(ranking.rows).toEqual([])
  expect(ranking.infeasible).toMatchObject({ limits: ['budget'], smallestBudget: 0.526 })
  const enough = { ...space, budgetPerHour: ranking.infeasible!.smallestBudget! }
  expect((await rankConfigurations(published('rm2', { space: enough }))).rows).toHaveLength(1)
})

test('names no budget where the base type has a largest count of 0', async () => {
  const types = PUBLISHED_SPACE.types.map((type, t) => (t === 0 ? { ...type, max: 0 } : type))
  const ranking = await rankConfigurations(published('rm2', { space: { ...PUBLISHED_SPACE, types } }))
  expect(ranking.infeasible).toMatchObject({ limits: ['maximum'] })
  expect(ranking.infeasible?.smallestBudget).toBeUndefined()
})

test.each([
  ['topN', { topN: 0 }, /topN: is 0; a whole number >= 1/],
  ['threads', { threads: 0.5 }, /threads: is 0.5/],
  ['ties', { ties: 'bound' as never }, /ties: is "bound"; it is one of cost, counts/],
  [
    'pareto with ties by counts',
    { pareto: true, ties: 'counts' as const },
    /pareto: needs equal bounds in the order of cost/,
  ],
  ['a type that the profile lacks', { profile: new Map() }, /profile: has no type "g4dn.xlarge"/],
])('%s is refused', async (_what, more, message) => {
  await expect(rankConfigurations(published('rm2', more))).rejects.toThrow(message)
})

const oneType: Space = {
  types: [{ name: 'a', min: 0, max: 3, pricePerHour: 1, base: true }],
  budgetPerHour: 10,
}
const small = { cutoff: 1, smallShare: 1, timeShare: 1, rates: new Map([[1, 1]]) }

test.each<[string, unknown, string]>([
  ['null', null, 'profile: is null; a Map is expected'],
  ['0', 0, 'profile: is 0; a Map is expected'],
  ['an empty text', '', 'profile: is ""; a Map is expected'],
  ['a plain object', { a: { qps: 1 } }, 'profile: is [object Object]; a Map is expected'],
  [
    'no number of queries',
    new Map([['a', { qps: NaN }]]),
    'profile.a.qps: is NaN; a number >= 0 is expected',
  ],
  ['a negative number', new Map([['a', { qps: -1 }]]), 'profile.a.qps: is -1; a number >= 0 is expected'],
  ['infinitely many', new Map([['a', { qps: Infinity }]]), 'profile.a.qps: is Infinity'],
  ['none', new Map([['a', {}]]), 'profile.a.qps: is undefined'],
  ['a number as a type', new Map([['a', 5]]), 'profile.a.qps: is undefined'],
  ['a base without a rate', new Map([['a', { qps: 0 }]]), 'profile: has no rate of the base a'],
  [
    'a share above 1',
    new Map([['a', { qps: 1, auxiliary: { ...small, smallShare: 1.5 } }]]),
    'profile.a.auxiliary.smallShare: is 1.5; a number from 0 to 1 is expected',
  ],
  [
    'rates that are no map',
    new Map([['a', { qps: 1, auxiliary: { ...small, rates: { 1: 1 } } }]]),
    'profile.a.auxiliary.rates: is [object Object]; a Map of rates by cutoff is expected',
  ],
  [
    'a rate that is no number',
    new Map([['a', { qps: 1, auxiliary: { ...small, rates: new Map([[1, NaN]]) } }]]),
    'profile.a.auxiliary.rates[1]: is NaN; a number >= 0 is expected',
  ],
])('%s as a profile is refused', async (_what, profile, message) => {
  for (const kernel of ['wasm', 'fallback'] as const) {
    const request = { workload: smallWorkload(), space: oneType, kernel, profile: profile as Profile }
    await expect(rankConfigurations(request)).rejects.toThrow(message)
  }
})

test('null as a bound is refused', async () => {
  await expect(rankConfigurations(published('rm2', { bound: null as never }))).rejects.toThrow(
    'bound: is null',
  )
})

test('rows end where a pass over the space selects none', async () => {
  const none = { bound: new Float64Array(), cost: new Float64Array(), number: new Float64Array() }
  let passes = 0
  const pass = () => {
    if (++passes > 9) throw new Error('a further pass')
    return Promise.resolve(none)
  }
  const { rows } = rowsOf(questionOf(published('rm2')), none, 3, 20, pass)
  for await (const batch of rows) expect(batch).toEqual([])
  expect(passes).toBe(0)
})

test('a batching and a type that are none are refused', async () => {
  const request = { workload: smallWorkload(), space: PUBLISHED_SPACE }
  const ranked = (more: object) => rankConfigurations({ ...request, ...more })
  const workload = { ...smallWorkload(), batching: null }
  await expect(ranked({ workload })).rejects.toThrow('batching: is null; an object with maxBatch is expected')
  const space = { types: [null], budgetPerHour: 1 }
  await expect(ranked({ space })).rejects.toThrow(
    'types[0].name: is undefined; the name of a type is expected',
  )
})

describe('a space of 2 * 10^8 configurations', () => {
  const space: Space = {
    types: PUBLISHED_SPACE.types.map((type) => ({ ...type, max: 118 })),
    budgetPerHour: 40,
  }

  test('has the same rows on one, two and three threads', async () => {
    const on = (threads: number) => rankConfigurations(published('mtwnd', { space, topN: 500, threads }))
    const one = await on(1)
    expect(one.rows).toHaveLength(500)
    expect(await on(2)).toEqual(one)
    expect(await on(3)).toEqual(one)
  })

  test.each([1, 2])('ends soon with the reason of its signal, on %i threads', async (threads) => {
    const controller = new AbortController()
    const request = published('mtwnd', { space, threads, topN: 10, signal: controller.signal })
    const ranking = rankConfigurations({
      ...request,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(ranking).rejects.toThrow(/^enough$/)
  })

  test('reports progress that never falls and ends at the total', async () => {
    const seen: number[] = []
    const totals = new Set<number>()
    const onProgress = ({ done, total }: Progress) => {
      totals.add(total)
      seen.push(done)
    }
    await rankConfigurations(published('mtwnd', { space, threads: 2, topN: 10, onProgress }))
    expect(seen.length).toBeGreaterThan(1)
    expect([...seen].sort((a, b) => a - b)).toEqual(seen)
    expect([...totals]).toEqual([seen.at(-1)])
  })
})

describe('a large space of which the budget leaves few configurations', async () => {
  const workload = await readWorkload('mtwnd')
  // 10^10 configurations, of which 696 are within the budget
  const types = PUBLISHED_SPACE.types.map((type) => ({ ...type, max: 316 }))
  const large: Space = { types, budgetPerHour: PUBLISHED_SPACE.budgetPerHour }

  test.each<[string, Partial<RankRequest>]>([
    ['all rows', { topN: Infinity }],
    ['all rows with those that are infeasible', { topN: Infinity, includeInfeasible: true }],
    ['the frontier', { pareto: true }],
    ['the best rows', { topN: 40 }],
    ['all rows by the closed form', { topN: Infinity, bound: 'closed-form' }],
  ])('has %s of the space without the counts that are too dear', async (_what, more) => {
    const { rows, ...head } = await rankConfigurations({ workload, space: large, ...more })
    const space = affordableSpace(large)
    const expected = await rankConfigurations({ workload, space, ...more })
    expect(rows).toEqual(expected.rows)
    expect(head.considered).toBe(317 ** 4)
    if (head.proof === undefined) expect(head.withinBudget).toBe(expected.withinBudget)
  })

  test('is not listed where the budget leaves more than 10^8', async () => {
    const space = { ...large, budgetPerHour: 1000 }
    await expect(rankConfigurations({ workload, space, pareto: true })).rejects.toThrow(
      /pareto: needs a list of all configurations within the budget: of 10098039121 these are more than 100000000; lower the budget/,
    )
  })
})

test('lists every feasible configuration once and in order where one pass cannot keep all rows', async () => {
  const space: Space = {
    types: PUBLISHED_SPACE.types.map((type) => ({ ...type, max: 35 })),
    budgetPerHour: 1000,
  }
  const { head, rows } = await streamRanking(published('rm2', { space, threads: 1 }))
  let count = 0
  let last = { bound: Infinity, cost: 0, number: 0 }
  for await (const batch of rows) {
    for (const { bound, counts, rank } of batch) {
      const row = { bound, cost: costOf(space, counts), number: counts.reduce((sum, n) => 36 * sum + n) }
      if (row.bound > last.bound) expect.fail(`row ${rank} has a larger bound than the one before it`)
      const tie = row.bound === last.bound
      const dearer = row.cost - last.cost
      if (tie && dearer < -1e-9) expect.fail(`row ${rank} is cheaper than its equal before it`)
      if (tie && Math.abs(dearer) < 1e-9 && row.number <= last.number)
        expect.fail(`row ${rank} is out of order`)
      last = row
      count++
    }
  }
  expect(head.feasible).toBe(35 * 36 ** 3)
  expect(count).toBe(head.feasible)
})
