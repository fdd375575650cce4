import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLatencyTable, writeLatencyTable } from '../../../src/files/tables/latency-table.ts'
import { joinTables, type LatencyTable } from '../../../src/model/workload/latency-table.ts'
import { checkTable } from '../../../src/model/workload/workload.ts'
import { published, scratchFolder } from '../scratch.ts'

const HEADER = 'instance_type,batch_size,samples,mean_ms,p0_ms,p50_ms,p99.9_ms,p100_ms'
const GOOD = ['gpu,10,99,2,1,2,3,4', 'gpu,20,99,3,2,3,4,5', 'cpu,10,99,5,4,5,6,7', 'cpu,20,99,8,6,8,9,9']

test('types, bins, levels and rows', async () => {
  const { write } = scratchFolder()
  expect(await readLatencyTable(write('t.csv', [HEADER, ...GOOD].join('\n')))).toEqual({
    types: ['gpu', 'cpu'],
    batchSizes: Float64Array.of(10, 20),
    levels: Float64Array.of(0, 0.5, 0.999, 1),
    samples: Float64Array.of(99, 99, 99, 99),
    meanMs: Float64Array.of(2, 3, 5, 8),
    knotsMs: Float64Array.of(1, 2, 3, 4, 2, 3, 4, 5, 4, 5, 6, 7, 6, 8, 9, 9),
  })
})

test('the concurrency of each type, if it is known', async () => {
  const { path, write } = scratchFolder()
  const withConcurrency = (...cells: string[]) =>
    [`${HEADER},concurrency`, ...GOOD.map((line, i) => `${line},${cells[i]}`)].join('\n')
  const table = await readLatencyTable(write('t.csv', withConcurrency('4', '4', '', '')))
  expect(table.concurrency).toEqual(Float64Array.of(4, 0))
  await writeLatencyTable(path('u.csv'), table)
  expect(readFileSync(path('u.csv'), 'utf8').split('\n')[1]).toMatch(/^gpu,10,99,4,2\.0000,/)
  expect(await readLatencyTable(path('u.csv'))).toEqual(table)
  expect(await readLatencyTable(write('v.csv', withConcurrency('', '', '', '')))).not.toHaveProperty(
    'concurrency',
  )
  const newer = { ...table, concurrency: undefined }
  expect(joinTables(table, { ...newer, types: ['new', 'cpu'] }).concurrency).toEqual(Float64Array.of(4, 0, 0))
  await expect(readLatencyTable(write('w.csv', withConcurrency('4', '2', '1', '1')))).rejects.toThrow(
    /w.csv line 3: concurrency: is 2, and 4 in line 2; expected one concurrency for all rows of a type/,
  )
  await expect(readLatencyTable(write('x.csv', withConcurrency('0', '0', '1', '1')))).rejects.toThrow(
    /x.csv line 2: concurrency: is "0"; expected a whole number of requests > 0, or nothing/,
  )
})

test('of two tables that are joined the newer one gives the types that both have, in the place of the older', () => {
  const tableOf = (types: string[], meanMs: number[]): LatencyTable => ({
    ...{ types, batchSizes: Float64Array.of(10), levels: Float64Array.of(0, 1) },
    samples: Float64Array.from(meanMs, (ms) => 10 * ms),
    meanMs: Float64Array.from(meanMs),
    knotsMs: Float64Array.from(meanMs.flatMap((ms) => [ms, 2 * ms])),
  })
  const joined = joinTables(tableOf(['gpu', 'cpu'], [1, 2]), tableOf(['new', 'cpu'], [3, 4]))
  expect(joined).toEqual(tableOf(['gpu', 'cpu', 'new'], [1, 4, 3]))
})

test('rows may come in any order, columns too', async () => {
  const { write } = scratchFolder()
  const straight = await readLatencyTable(write('a.csv', [HEADER, ...GOOD].join('\n')))
  const mixed = [GOOD[1], GOOD[3], GOOD[0], GOOD[2]]
  expect(await readLatencyTable(write('b.csv', [HEADER, ...mixed].join('\n')))).toEqual(straight)
  const turned = [HEADER, ...GOOD].map((line) => line.split(','))
  const moved = turned.map(([type, ...rest]) => [...rest, type].join(',')).join('\n')
  expect(await readLatencyTable(write('c.csv', moved))).toEqual(straight)
})

test.each(['rm2.csv', 'mtwnd.csv'])('%s is written as it was read', async (name) => {
  const { path } = scratchFolder()
  await writeLatencyTable(path('t.csv'), await readLatencyTable(published(name)))
  expect(readFileSync(path('t.csv'), 'utf8')).toBe(readFileSync(published(name), 'utf8'))
})

test('any table is read as it was written', async () => {
  const { path } = scratchFolder()
  await fc.assert(
    fc.asyncProperty(tables(), async (table) => {
      await writeLatencyTable(path('t.csv'), table)
      expect(await readLatencyTable(path('t.csv'))).toEqual(table)
    }),
    { numRuns: 50 },
  )
})

test('a table that could not be read again is not written', async () => {
  const { path, write, list } = scratchFolder()
  const table = await readLatencyTable(write('t.csv', [HEADER, ...GOOD].join('\n')))
  const meanMs = table.meanMs.map(() => Number.NaN)
  await expect(writeLatencyTable(path('u.csv'), { ...table, meanMs })).rejects.toThrow(
    /^latency.meanMs\[0\]: is NaN/,
  )
  expect(list()).toEqual(['t.csv'])
})

test.each<[string, (table: LatencyTable) => unknown]>([
  ['latency.types[0]: is 5', (table) => ({ ...table, types: [5, 'cpu'] })],
  ['latency.types[1]: is undefined', (table) => ({ ...table, types: Object.assign(Array(2), ['gpu']) })],
  ['latency.samples: is no Float64Array', (table) => ({ ...table, samples: undefined })],
  ['latency.concurrency: is no Float64Array', (table) => ({ ...table, concurrency: [Symbol('four'), 1] })],
  ['latency.types[0]: is Symbol(late)', (table) => Object.assign(table.types, [Symbol('late')]) && table],
])('a table whose %s is refused', async (message, changed) => {
  const { path, write, list } = scratchFolder()
  const table = await readLatencyTable(write('t.csv', [HEADER, ...GOOD].join('\n')))
  checkTable(table)
  const written = writeLatencyTable(path('u.csv'), changed(table) as LatencyTable)
  await expect(written).rejects.toMatchObject({
    code: 'BAD_MODEL',
    message: expect.stringContaining(message),
  })
  expect(list()).toEqual(['t.csv'])
})

test('tiny times keep three digits', async () => {
  const { path } = scratchFolder()
  const [types, samples] = [['a'], Float64Array.of(0, 0)]
  const [batchSizes, levels] = [Float64Array.of(1, 2), Float64Array.of(0, 0.5, 1)]
  const meanMs = Float64Array.of(0.0000123, 1.5e-9)
  const knotsMs = Float64Array.of(0.00000987, 0.0000123, 0.0987, 0, 1.5e-9, 1)
  const table = { types, batchSizes, levels, samples, meanMs, knotsMs }
  await writeLatencyTable(path('t.csv'), table)
  expect(await readLatencyTable(path('t.csv'))).toEqual(table)
})

test.each([
  [1, [0, 1e-10, 1]],
  [3, [0, 0.5, 1 - 2 ** -53, 1]],
])('a table whose level %i has no name of its own is not written', async (at, given) => {
  const { path, list } = scratchFolder()
  const levels = Float64Array.from(given)
  const table = {
    types: ['a'],
    batchSizes: Float64Array.of(1),
    levels,
    samples: Float64Array.of(0),
    meanMs: Float64Array.of(1),
    knotsMs: levels.map(() => 1),
  }
  await expect(writeLatencyTable(path('t.csv'), table)).rejects.toMatchObject({
    code: 'BAD_MODEL',
    message: expect.stringContaining(`latency.levels[${at}]: is ${levels[at]}; `),
  })
  expect(list()).toEqual([])
})

test('a mean may lie outside the quantiles by their rounding', async () => {
  const { write } = scratchFolder()
  const text = 'instance_type,batch_size,mean_ms,p0_ms,p100_ms\na,1,0.0004,0.001,0.001\na,2,100.4,100,100'
  expect((await readLatencyTable(write('t.csv', text))).meanMs).toEqual(Float64Array.of(0.0004, 100.4))
})

test('halves are rounded to the even digit', async () => {
  const { path } = scratchFolder()
  const table = {
    types: ['a'],
    batchSizes: Float64Array.of(1),
    levels: Float64Array.of(0, 0.5, 1),
    samples: Float64Array.of(9),
    meanMs: Float64Array.of(0.03125),
    knotsMs: Float64Array.of(0.1875, 0.3125, 0.4375),
  }
  await writeLatencyTable(path('t.csv'), table)
  expect(readFileSync(path('t.csv'), 'utf8')).toContain('a,1,9,0.0312,0.188,0.312,0.438\n')
})

describe('refuses', () => {
  /** The good table with another cell: line of the file, column by name. */
  const withCell = (line: number, name: string, cell: string) => {
    const lines = [HEADER, ...GOOD].map((text) => text.split(','))
    lines[line - 1][lines[0].indexOf(name)] = cell
    return lines.map((cells) => cells.join(',')).join('\n')
  }
  const example = 'instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms'
  const fitting =
    'expected a mean that fits its quantiles, in the same unit: give more of them, or none at p100_ms'
  const milliseconds = 'expected a number of milliseconds'
  test.each([
    ['', 't.csv: is empty; was it written to the end? Make it again'],
    [withCell(3, 'mean_ms', 'abc'), `t.csv line 3: mean_ms: is "abc"; ${milliseconds} > 0 and up to 1e15`],
    [withCell(3, 'mean_ms', 'NaN'), `t.csv line 3: mean_ms: is "NaN"; ${milliseconds} > 0 and up to 1e15`],
    [withCell(3, 'mean_ms', ''), `t.csv line 3: mean_ms: is empty; ${milliseconds} > 0 and up to 1e15`],
    [withCell(3, 'mean_ms', '0'), `t.csv line 3: mean_ms: is "0"; ${milliseconds} > 0 and up to 1e15`],
    [
      withCell(3, 'mean_ms', '1e999'),
      `t.csv line 3: mean_ms: is "1e999"; ${milliseconds} > 0 and up to 1e15`,
    ],
    [
      withCell(3, 'mean_ms', '1e200'),
      `t.csv line 3: mean_ms: is "1e200"; ${milliseconds} > 0 and up to 1e15`,
    ],
    [
      withCell(3, 'p99.9_ms', '1e200'),
      `t.csv line 3: p99.9_ms: is "1e200"; ${milliseconds} >= 0 and up to 1e15`,
    ],
    [withCell(3, 'mean_ms', '0x10'), `t.csv line 3: mean_ms: is "0x10"; ${milliseconds} > 0 and up to 1e15`],
    [withCell(5, 'p50_ms', 'NaN'), `t.csv line 5: p50_ms: is "NaN"; ${milliseconds} >= 0 and up to 1e15`],
    [withCell(5, 'p0_ms', ''), `t.csv line 5: p0_ms: is empty; ${milliseconds} >= 0 and up to 1e15`],
    [withCell(5, 'p0_ms', '-1'), `t.csv line 5: p0_ms: is "-1"; ${milliseconds} >= 0 and up to 1e15`],
    [
      withCell(4, 'p99.9_ms', '4.5'),
      't.csv line 4: p99.9_ms: is 4.5, below p50_ms 5; expected quantiles that never decrease',
    ],
    [withCell(2, 'batch_size', '0'), 't.csv line 2: batch_size: is "0"; expected a number of items > 0'],
    [
      withCell(2, 'samples', '9.5'),
      't.csv line 2: samples: is "9.5"; expected a whole number of samples >= 0',
    ],
    [
      withCell(2, 'instance_type', ''),
      't.csv line 2: instance_type: is empty; expected the name of an instance type',
    ],
    [
      withCell(5, 'batch_size', '10'),
      't.csv line 5: batch_size: is 10 for cpu a second time, after line 4; expected each bin of a type once',
    ],
    [
      [HEADER, ...GOOD.slice(0, 3)].join('\n'),
      't.csv: batch_size: cpu lacks 1 of the 2 bins: 20; every type needs every bin: measure them, leave the bin out for all types, or give times of at least 200 latency targets where the type cannot serve it',
    ],
    [
      [HEADER, ...GOOD.slice(0, 3), GOOD[2].replace('cpu', 'tpu')].join('\n'),
      't.csv: batch_size: cpu lacks 1 of the 2 bins: 20; tpu lacks 1 of the 2 bins: 20; every type needs every bin: measure them, leave the bin out for all types, or give times of at least 200 latency targets where the type cannot serve it',
    ],
    [
      [HEADER, ...GOOD].join('\n').slice(0, -4),
      't.csv line 5: has 6 of the 8 columns; the line is cut off or lacks a comma',
    ],
    [
      withCell(1, 'mean_ms', 'mean'),
      `t.csv line 1: mean_ms: the column is missing; a header looks like ${example}`,
    ],
    [
      withCell(1, 'p50_ms', 'p99.95_ms'),
      't.csv line 1: p99.9_ms: follows p99.95_ms; expected quantiles that increase from p0_ms to p100_ms',
    ],
    [
      withCell(1, 'p99.9_ms', 'p999_ms'),
      't.csv line 1: p999_ms: is above 100; expected quantiles that increase from p0_ms to p100_ms',
    ],
    [
      withCell(1, 'p50_ms', 'p50ms'),
      `t.csv line 1: p50ms: is not a column of a latency table; did you mean p50_ms? A header looks like ${example}`,
    ],
    [
      withCell(1, 'p50_ms', 'p50_us'),
      `t.csv line 1: p50_us: is named after us; write its times in ms: a header looks like ${example}`,
    ],
    [
      withCell(1, 'mean_ms', 'mean (s)'),
      `t.csv line 1: mean (s): is named after s; write its times in ms: a header looks like ${example}`,
    ],
    [
      withCell(1, 'p50_ms', 'notes'),
      `t.csv line 1: notes: is not a column of a latency table; a header looks like ${example}`,
    ],
    [
      ',instance_type,batch_size,mean_ms,p99_ms\n0,a,1,1,1',
      `t.csv line 1: column 1 has no name; remove it; a header looks like ${example}`,
    ],
    [
      'instance_type,batch_size,samples,mean_ms\na,1,1,1',
      `t.csv line 1: no quantile is above the median; add one such as p99_ms: a header looks like ${example}`,
    ],
    [
      'instance_type,batch_size,mean_ms,p50_ms\na,1,1,1',
      `t.csv line 1: no quantile is above the median; add one such as p99_ms: a header looks like ${example}`,
    ],
    [
      'instance_type,batch_size,mean_ms,p50_ms,p100_ms\na,1,2.9,2,3',
      `t.csv line 2: mean_ms: is 2.9, above the mean of the quantiles, 2.250; ${fitting}`,
    ],
    [withCell(3, 'mean_ms', '5.1'), `t.csv line 3: mean_ms: is 5.1, above p100, 5; ${fitting}`],
    [withCell(4, 'mean_ms', '3.9'), `t.csv line 4: mean_ms: is 3.9, below p0, 4; ${fitting}`],
  ])('%#: %s', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readLatencyTable(write('t.csv', text)))).toEqual({ code: 'BAD_FILE', message })
  })
})

function tables(): fc.Arbitrary<LatencyTable> {
  const thousandth = (least: number) => fc.integer({ min: least, max: 1e6 }).map((n) => n / 1000)
  return fc
    .record({
      types: fc.uniqueArray(fc.stringMatching(/^[a-z"][a-z0-9., ]{0,5}[a-z]$/), {
        minLength: 1,
        maxLength: 3,
      }),
      sizes: fc.uniqueArray(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 4 }),
      inner: fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 4 }),
    })
    .chain(({ types, sizes, inner }) => {
      const rows = types.length * sizes.length
      const levels = Float64Array.from([0, ...inner.map((n) => n / 10000), 1]).sort()
      const knots = fc.array(thousandth(0), { minLength: levels.length, maxLength: levels.length })
      return fc.record({
        types: fc.constant(types),
        batchSizes: fc.constant(Float64Array.from(sizes).sort()),
        levels: fc.constant(levels),
        samples: fc.constant(new Float64Array(rows).fill(99)),
        knotsMs: fc
          .array(knots, { minLength: rows, maxLength: rows })
          .map((all) => Float64Array.from(all.flatMap((ms) => ms.sort((a, b) => a - b)))),
      })
    })
    .chain((table) => {
      // a mean between the fastest and the slowest time
      const width = table.levels.length
      const means = Array.from(table.samples, (_, row) =>
        fc
          .integer({
            min: Math.max(1, Math.round(1000 * table.knotsMs[row * width])),
            max: Math.max(1, Math.round(1000 * table.knotsMs[(row + 1) * width - 1])),
          })
          .map((n) => n / 1000),
      )
      return fc.tuple(...means).map((ms) => ({ ...table, meanMs: Float64Array.from(ms) }))
    })
}
