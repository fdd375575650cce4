import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLatencyTable } from '../../../src/files/tables/latency-table.ts'
import { mean, withEnds } from '../../../src/model/workload/derived-quantiles.ts'
import { meanOfKnots } from '../../../src/model/workload/latency-table.ts'
import { scratchFolder } from '../../files/scratch.ts'

test('the tail repeats the last step, and the head gives the quantiles their mean', () => {
  const levels = [0.5, 0.95, 0.99]
  const [first, p50, p95, p99, last] = withEnds({ levels, values: [10, 12, 15], meanMs: 10.4 })
  expect([p50, p95, p99, last]).toEqual([10, 12, 15, 18])
  // 0.5 x (first + 10) / 2 + 0.45 x 11 + 0.04 x 13.5 + 0.01 x 16.5 = 10.4
  expect(first).toBeCloseTo(8.98, 10)
})

test('a lone quantile takes its step from the mean', () => {
  expect(withEnds({ levels: [0.99], values: [12], meanMs: 10 }).at(-1)).toBe(14)
})

test('a mean above what the head allows raises the tail', () => {
  const levels = [0.5, 0.99]
  const values = withEnds({ levels, values: [10, 12], meanMs: 20 })
  expect(values.slice(0, 3)).toEqual([10, 10, 12])
  expect(mean([0, ...levels, 1], values)).toBeCloseTo(20, 10)
})

test('ends that are given stay', () => {
  const levels = [0, 0.5, 1]
  expect(withEnds({ levels, values: [1, 2, 9], meanMs: 3 })).toEqual([1, 2, 9])
  expect(withEnds({ levels: [0.5, 1], values: [2, 9], meanMs: 3 }).slice(1)).toEqual([2, 9])
  expect(withEnds({ levels: [0, 0.99], values: [1, 9], meanMs: 3 }).slice(0, 2)).toEqual([1, 9])
})

test('quantiles never decrease, keep what is given, and have at least the mean', () => {
  const rows = fc
    .record({
      levels: fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 6 }),
      start: fc.double({ min: 0.1, max: 100, noNaN: true }),
      steps: fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 6, maxLength: 6 }),
      meanMs: fc.double({ min: 0.1, max: 300, noNaN: true }),
    })
    .map(({ levels, start, steps, meanMs }) => {
      let value = start
      return {
        levels: levels.toSorted((a, b) => a - b).map((level) => level / 1000),
        values: levels.map((_, i) => (value += steps[i])),
        meanMs,
      }
    })
  fc.assert(
    fc.property(rows, (row) => {
      const all = withEnds(row)
      expect(all.slice(1, -1)).toEqual(row.values)
      for (let i = 1; i < all.length; i++) expect(all[i]).toBeGreaterThanOrEqual(all[i - 1])
      expect(all[0]).toBeGreaterThanOrEqual(0)
      expect(mean([0, ...row.levels, 1], all)).toBeGreaterThanOrEqual(row.meanMs * (1 - 1e-9))
    }),
  )
})

test('a table with a mean and three quantiles is read, and says once what is derived', async () => {
  const path = scratchFolder().write(
    't.csv',
    'instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms\na,1,10.4,10,12,15\na,8,20.8,20,24,30\n',
  )
  const notes: string[] = []
  const table = await readLatencyTable(path, { onNote: (note) => notes.push(note) })
  expect(notes).toEqual([
    `${path}: derived p0_ms such that the quantiles have the mean mean_ms, ` +
      'and p100_ms as p99_ms + (p99_ms - p95_ms), or more where the mean is higher',
  ])
  expect(Array.from(table.levels)).toEqual([0, 0.5, 0.95, 0.99, 1])
  expect(Array.from(table.samples)).toEqual([0, 0])
  expect(meanOfKnots(table, 1)).toBeCloseTo(20.8, 10)
})

test('quantiles that are far apart are said to overstate the mean', async () => {
  const path = scratchFolder().write(
    't.csv',
    'instance_type,batch_size,mean_ms,p99_ms,p100_ms\na,1,10,100,120\n',
  )
  const notes: string[] = []
  await readLatencyTable(path, { onNote: (note) => notes.push(note) })
  expect(notes[0]).toMatch(/; in 1 of 1 rows .* their mean is up to 406% above mean_ms: give more of them$/)
})

test('a full table says nothing', async () => {
  const header = 'instance_type,batch_size,samples,mean_ms,p0_ms,p50_ms,p100_ms'
  const path = scratchFolder().write('t.csv', `${header}\na,1,9,2,1,2,3\n`)
  const notes: string[] = []
  const { samples } = await readLatencyTable(path, { onNote: (note) => notes.push(note) })
  expect(notes).toEqual([])
  expect(Array.from(samples)).toEqual([9])
})

test.each([
  ['above', 2.8, '29% below mean_ms, so that replays may exceed the bound'],
  ['below', 1.5, '33% above mean_ms, so that replays stay further below the bound'],
])('a mean far %s the mean of the given quantiles is said', async (_side, meanMs, said) => {
  const text = `instance_type,batch_size,mean_ms,p0_ms,p50_ms,p100_ms\na,1,${meanMs},1,2,3\na,2,2,1,2,3\n`
  const path = scratchFolder().write('t.csv', text)
  const notes: string[] = []
  await readLatencyTable(path, { onNote: (note) => notes.push(note) })
  expect(notes).toEqual([
    `${path}: in 1 of 2 rows the mean of the quantiles is up to ${said}: give more quantiles`,
  ])
})

test('a tail that a high mean raises is said', async () => {
  const path = scratchFolder().write('t.csv', 'instance_type,batch_size,mean_ms,p50_ms,p99_ms\na,1,60,8,9\n')
  const notes: string[] = []
  await readLatencyTable(path, { onNote: (note) => notes.push(note) })
  expect(notes[0]).toMatch(
    /; in 1 of 1 rows mean_ms is so high that p100_ms is up to 1200 times p99_ms: check these means$/,
  )
})
