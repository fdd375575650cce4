import { expect, test } from 'vitest'
import type { RankingHead } from '../../../src/model/results/ranking.ts'
import { rankingTable } from '../../../src/report/allocation/ranking-table.ts'
import { rankingPage } from '../../../src/report/page/ranking-page.ts'

const head: RankingHead = {
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: {
    types: ['gpu', 'cpu'].map((name) => ({ name, min: 0, max: 9, pricePerHour: 1, base: false })),
    budgetPerHour: 5,
  },
  bound: 'fluid',
  considered: 2,
}

const rows = [
  {
    rank: 1,
    counts: [1, 3],
    costPerHour: 4,
    bound: 20,
    closedForm: 19,
    limits: ['cpu'],
    oneMoreQpsPerDollar: [1, 2],
  },
  {
    rank: 2,
    counts: [0, 3],
    costPerHour: 3,
    bound: 10,
    closedForm: null,
    limits: ['cpu'],
    oneMoreQpsPerDollar: [1, 2],
  },
]

async function lines(room?: number, given = head): Promise<string[]> {
  let text = ''
  const batches = (async function* () {
    yield rows
  })()
  for await (const chunk of rankingTable(false, { room })(given, batches)) text += chunk
  return text.split('\n')
}

const header = (all: string[]) =>
  all
    .find((line) => line.includes('$/hour'))!
    .trim()
    .split(/ {2,}/)

test('shows all columns where there is room, without trailing spaces', async () => {
  const all = await lines()
  expect(header(all)).toEqual([
    '#',
    'gpu',
    'cpu',
    '$/hour',
    'bound q/s',
    'closed form',
    'limited most by',
    '+1 per $',
    'dominated by',
  ])
  expect(all.filter((line) => / $/.test(line))).toEqual([])
  expect(all.join('\n')).toContain('█')
  expect(all.at(-2)).toBe(
    '+1 per $: the most that one more instance, of a type below its max, adds to the bound per dollar of its price; dominated by: a row at the same or lower cost with at least this bound.',
  )
  // a configuration that the closed form does not rank has no rate
  expect(all[5]).toMatch(/10\.0 +· /)
})

test.each([107, 80, 70, 60, 50, 40, 1])(
  'leaves out the least informative columns in lines of %i characters',
  async (room) => {
    const all = await lines(room)
    const table = all.slice(3, 6)
    const wide = Math.max(...table.map((line) => line.length))
    const names = header(all)
    expect(names.slice(0, 5)).toEqual(['#', 'gpu', 'cpu', '$/hour', 'bound q/s'])
    if (names.length > 5) expect(wide).toBeLessThanOrEqual(room)
    const order = ['closed form', 'dominated by', '+1 per $', 'limited most by']
    const left = order.filter((name) => names.includes(name))
    expect(left).toEqual(order.slice(order.length - left.length))
    expect(all.join('\n').includes('█')).toBe(room >= 107)
    for (const name of ['+1 per $', 'dominated by'])
      expect(all.at(-2)!.includes(`${name}:`)).toBe(names.includes(name))
  },
)

test('prints configurations of many types as --counts takes them', async () => {
  const names = Array.from({ length: 8 }, (_, t) => `type${t}`)
  const types = names.map((name) => ({ name, max: 9, pricePerHour: 1 }))
  const many = { ...head, space: { types, budgetPerHour: 5 } }
  const row = { rank: 1, counts: [0, 2, 0, 0, 0, 0, 0, 3], costPerHour: 5, bound: 20, limits: ['type1'] }
  let text = ''
  const batches = (async function* () {
    yield [row]
  })()
  for await (const chunk of rankingTable(false)(many, batches)) text += chunk
  expect(text).toMatch(/# {2}configuration +\$\/hour/)
  expect(text).toContain('1  type1=2,type7=3 ')
})

test('the gain of one more instance is that of a type of which there may be one more', async () => {
  const typesOf = (gpu: number, cpu: number) => ({
    ...head,
    space: {
      ...head.space,
      types: head.space.types.map((type, t) => ({ ...type, max: [gpu, cpu][t] })),
    },
  })
  expect((await lines(undefined, typesOf(9, 9))).join('\n')).toContain('+2.00 cpu ')
  expect((await lines(undefined, typesOf(9, 3))).join('\n')).toContain('+1.00 gpu ')
  expect((await lines(undefined, typesOf(1, 3))).join('\n')).toContain('+2.00 cpu (at max) ')
})

test('with batches it says what measures them, and one configuration is not several', async () => {
  const batched = { ...head, considered: 1, workload: { ...head.workload, batching: { maxBatch: 64 } } }
  const text = (await lines(undefined, batched)).join('\n')
  expect(text).toContain('; batching can lower what a fleet allows: search --batching measures it.\n')
  expect(text).toContain('\n1 configuration; ')
  expect((await lines()).join('\n')).not.toContain('batching')
})

test('it names the slots of the types that may be rented', async () => {
  const types = ['gpu', 'cpu', 'tpu'].map((name, t) => ({
    name,
    min: 0,
    max: 9 * (2 - t),
    pricePerHour: 1,
    slots: [4, 1, 2][t],
  }))
  const [title] = await lines(undefined, { ...head, space: { types, budgetPerHour: 5 } })
  expect(title).toBe('m: 99% of queries within 10 ms, $5 an hour (4 slots of gpu)')
  expect((await lines())[0]).toBe('m: 99% of queries within 10 ms, $5 an hour')
})

test.each([
  [0, '7 visited and 0 branches pruned, proven'],
  [1, '7 visited and 1 branch pruned, proven'],
  [1234, '7 visited and 1,234 branches pruned, proven'],
])('counts the %i branches that a search pruned', async (pruned, text) => {
  const [, subtitle] = await lines(undefined, { ...head, proof: { visited: 7, pruned, gap: 0 } })
  expect(subtitle).toContain(text)
})

const manyRows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...rows[0],
    rank: i + 1,
    counts: [1, i],
    dominatedBy: i || null,
  }))

async function longTable(options: object, given: RankingHead): Promise<string[]> {
  const all = manyRows(10_001)
  const batches = (async function* () {
    yield all.slice(0, 4096)
    yield all.slice(4096)
  })()
  let text = ''
  for await (const chunk of rankingTable(false, options)(given, batches)) text += chunk
  return text.split('\n').slice(3, -3)
}

test('ranks of five digits have one line each, below the heads of their columns', async () => {
  const ranked = manyRows(10_001)
  const ends = (line: string) => [...line.matchAll(/\S+/g)].map(({ 0: word, index }) => index + word.length)
  for (const [options, counted] of [
    [{ all: true }, { withinBudget: 10_001 }],
    [{ topN: 200_000 }, { feasible: 10_001 }],
    [{ topN: 10_001 }, {}],
  ] as const) {
    const [titles, ...body] = await longTable(options, { ...head, considered: 99_999, ...counted })
    expect(body).toHaveLength(10_001)
    expect(body.filter((line, i) => Number(/\d+/.exec(line)![0]) !== ranked[i].rank)).toEqual([])
    expect(new Set([titles, body[0], body[10_000]].map((line) => ends(line)[0]))).toEqual(new Set([5]))
  }
})

test('a ranking that is short by default has ranks of four digits', async () => {
  const [line] = (await lines(undefined, { ...head, considered: 1e15 })).slice(3)
  expect(line).toMatch(/^ {3}# /)
})

test.each(['fluid', 'closed-form'] as const)(
  'a page names the columns as the terminal does: %s',
  async (bound) => {
    const given = { ...head, bound }
    const names = header(await lines(undefined, given))
    expect(names).toContain(bound === 'fluid' ? 'bound q/s' : 'estimate q/s')
    // the closed form has no other bound beside it
    const listed = bound === 'fluid' ? rows : rows.map(({ closedForm, limits, ...row }) => row)
    const [{ columns }] = rankingPage({ head: given, rows: listed }).sections[0].tables!
    const own = columns.map(({ name }) => name).filter((name) => !names.includes(name))
    expect(own).toEqual(['cents per 1,000 queries'])
  },
)
