import { expect, test } from 'vitest'
import type { Workload } from '../../src/core.ts'
import { countsOf, type State } from '../../src/web/state.ts'
import { withDropped } from '../../src/web/with-dropped.ts'

const tableOf = (types: string[], batchSizes: number[]) =>
  ({ types, batchSizes: Float64Array.from(batchSizes) }) as unknown as Workload['latency']

const state: State = {
  workload: {
    ...{ model: 'rm2', qosMs: 350, percentile: 99 },
    latency: tableOf(['gpu', 'cpu'], [10, 500]),
    mix: { batchSizes: Float64Array.of(10), probabilities: Float64Array.of(1) },
    batching: { maxBatch: 500 },
  },
  space: {
    types: [{ name: 'gpu', min: 0, max: 4, pricePerHour: 2, base: true }],
    budgetPerHour: 5,
  },
  ...{ topN: 20, shipped: 'rm2', counts: [1] },
}

test('a space alone leaves the workload', () => {
  const space = { ...state.space, budgetPerHour: 9 }
  const read = ['s.json is read as a space']
  const { state: next, notes } = withDropped(state, { space, notes: read })
  expect(next).toEqual({ ...state, space, counts: undefined })
  expect(notes).toEqual(read)
})

test('the batching is left out where it does not fit a new table, and the page says so', () => {
  const fitting = { model: 'm', latency: tableOf(['gpu'], [1, 500]) }
  const { state: kept } = withDropped(state, { table: fitting, notes: [] })
  expect(kept.workload.batching).toEqual({ maxBatch: 500 })
  const small = { model: 'm', latency: tableOf(['gpu'], [1, 100]) }
  const { state: next, notes } = withDropped(state, { table: small, notes: [] })
  expect(next).toMatchObject({ shipped: undefined, workload: { model: 'm', qosMs: 350 } })
  expect('batching' in next.workload).toBe(false)
  expect(notes).toEqual(['The batching of the earlier workload does not fit the new table and is left out'])
})

test('a workload replaces the table, and the types of its own', () => {
  const workload = { ...state.workload, model: 'other', latency: tableOf(['big'], [500]) }
  const { state: next, notes } = withDropped(state, { workload, prices: { big: 3 }, notes: [] })
  expect(next).toMatchObject({ workload, shipped: undefined })
  expect(next.space.types.map(({ name }) => name)).toEqual(['big'])
  expect(notes).toEqual([])
})

test('a mix alone makes the workload one’s own', () => {
  const mix = { batchSizes: Float64Array.of(500), probabilities: Float64Array.of(1) }
  const { state: next } = withDropped(state, { mix, notes: [] })
  expect(next).toEqual({
    ...state,
    ...{ workload: { ...state.workload, mix }, shipped: undefined, counts: undefined },
  })
})

test('batching that a link has, and that does not fit, is left for the answer to refuse where no table is dropped', () => {
  const workload = { ...state.workload, batching: { maxBatch: 501 } }
  const mix = { batchSizes: Float64Array.of(500), probabilities: Float64Array.of(1) }
  const { state: next, notes } = withDropped({ ...state, workload }, { mix, notes: [] })
  expect([next.workload.batching, notes]).toEqual([{ maxBatch: 501 }, []])
})

test('types that the space lacks are named', () => {
  const table = { model: 'm', latency: tableOf(['gpu', 'big', 'huge'], [500]) }
  const { state: next, notes } = withDropped(state, { table, notes: [] })
  expect(next.space).toBe(state.space)
  expect(notes).toEqual(['The space does not have big, huge: add a space to rank them too'])
  const one = { model: 'm', latency: tableOf(['gpu', 'big'], [500]) }
  expect(withDropped(state, { table: one, notes: [] }).notes).toEqual([
    'The space does not have big: add a space to rank them too',
  ])
  const none = { model: 'm', latency: tableOf(['gpu'], [500]) }
  expect(withDropped(state, { table: none, notes: [] }).notes).toEqual([])
})

test('new types have the price of the catalog, or one to set', () => {
  const table = { model: 'm', latency: tableOf(['big', 'huge'], [500]) }
  const { state: next, notes } = withDropped(state, { table, prices: { big: 3 }, notes: [] })
  expect(next.space.types).toEqual([
    { name: 'big', min: 0, max: 10, pricePerHour: 3, base: true },
    { name: 'huge', min: 0, max: 10, pricePerHour: 1, base: false },
  ])
  expect(withDropped(state, { table, prices: { big: 3, huge: 4 }, notes: [] }).notes).toEqual([])
  expect(notes).toEqual(['Set the price of huge: the catalog has none, and $1 an hour is assumed'])
})

test('types that the new table has too are kept as they are, and the others are left out', () => {
  const own = { name: 'own', min: 1, max: 2, pricePerHour: 7, base: true }
  const space = { ...state.space, types: [{ ...state.space.types[0], base: false }, own] }
  const table = { model: 'm', latency: tableOf(['big', 'own'], [500]) }
  const { state: next, notes } = withDropped({ ...state, space }, { table, prices: { big: 3 }, notes: [] })
  expect(next.space.types).toEqual([{ name: 'big', min: 0, max: 10, pricePerHour: 3, base: false }, own])
  expect(notes).toEqual([])
})

test('the space of sixteen new types can be numbered', () => {
  const maxima = (count: number) => {
    const names = Array.from({ length: count }, (_, t) => `type-${t}`)
    const table = { model: 'm', latency: tableOf(names, [500]) }
    return withDropped(state, { table, notes: [] }).state.space.types.map(({ max }) => max)
  }
  expect(maxima(15)).toEqual(Array(15).fill(10))
  expect(maxima(16)).toEqual(Array(16).fill(8))
})

test('types have the slots at which the times of a new table were taken', () => {
  const latency = (types: string[], concurrency: number[]) =>
    ({ ...tableOf(types, [500]), concurrency: Float64Array.from(concurrency) }) as Workload['latency']
  const known = withDropped(state, { table: { model: 'm', latency: latency(['gpu'], [4]) }, notes: [] })
  expect(known.state.space).toEqual({
    types: [{ ...state.space.types[0], slots: 4 }],
    budgetPerHour: state.space.budgetPerHour,
  })
  expect(known.notes).toEqual(['gpu has 4 slots: its times were taken at that concurrency'])
  const back = withDropped(known.state, { table: { model: 'm', latency: latency(['gpu'], [1]) }, notes: [] })
  expect(back.state.space.types[0].slots).toBe(1)
  const table = { model: 'm', latency: latency(['big', 'huge'], [0, 2]) }
  const { state: next } = withDropped(state, { table, notes: [] })
  expect(next.space.types.map(({ slots }) => slots)).toEqual([undefined, 2])
})

test('a table that was taken at one request at a time changes no space without slots, and needs no batching', () => {
  const latency = { ...tableOf(['gpu'], [500]), concurrency: Float64Array.of(1) } as Workload['latency']
  const { batching: _, ...workload } = state.workload
  const { state: next, notes } = withDropped(
    { ...state, workload },
    { table: { model: 'm', latency }, notes: [] },
  )
  expect(next.space).toBe(state.space)
  expect('batching' in next.workload).toBe(false)
  expect(notes).toEqual([])
})

test('names of configurations are read back, also with commas and equals signs', () => {
  const names = ['a,b', 'a', 'c=1', 'c']
  const space = { types: names.map((name) => ({ name, max: 9, pricePerHour: 1 })), budgetPerHour: 1 }
  expect(countsOf(space, 'a,b=2,c=1=3')).toEqual([2, 0, 3, 0])
  expect(countsOf(space, 'a=1,c=12')).toEqual([0, 1, 0, 12])
  expect(countsOf(space, 'd=1')).toBe(undefined)
})
