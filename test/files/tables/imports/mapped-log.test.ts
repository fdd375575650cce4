/** Logs whose columns the caller names. Header of the log of hey: rakyll/hey, requester/print.go. */
import { expect, test } from 'vitest'
import type { LogOptions } from '../../../../src/files/tables/imports/latency-format.ts'
import { scratchFolder } from '../../scratch.ts'
import { imported, refusal } from './imported.ts'

const CSV = `ts,instance_type,n_items,elapsed_ms,status
2026-11-18T09:30:00Z,gpu,1,4,200
2026-11-18T09:30:01Z,gpu,8,6,200
2026-11-18T09:30:02Z,gpu,1,30000,503
2026-11-18T09:30:03Z,cpu,1,70,200
2026-11-18T09:30:04Z,gpu,1,5,200
`
const JSON_LINES = CSV.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [ts, instance_type, n_items, took, status] = line.split(',')
    const elapsed_ms = status === '200' ? Number(took) : null
    return JSON.stringify({ ts, instance_type, request: { n_items: Number(n_items) }, elapsed_ms, status })
  })
  .join('\n')
const log = {
  map: { latency: 'elapsed_ms', size: 'n_items' },
  unit: 'ms',
  where: ['instance_type=gpu', 'status=200'],
} as const

test('reads the mapped columns of the rows for which all conditions hold', async () => {
  const { lines, notes } = await imported('log', CSV, { log })
  expect(lines[1]).toMatch(/^gpu,1,2,4.5,4,/)
  expect(lines[2]).toMatch(/^gpu,8,1,6,/)
  expect(notes).toContain('in: --where leaves out 2 of 5 rows')
})

test('reads the same table from lines of JSON, with nested fields', async () => {
  const map = { latency: 'elapsed_ms', size: 'request.n_items' }
  const { lines } = await imported('jsonl', JSON_LINES, { log: { ...log, map } })
  expect(lines).toEqual((await imported('log', CSV, { log })).lines)
})

test('takes the batch size of the file where no column has it, and bins where one has', async () => {
  const hey = 'response-time,DNS,status-code,offset\n0.0045,0.0000,200,0.1\n0.0055,0.0000,200,0.2\n'
  const fixed = { map: { latency: 'response-time' }, unit: 's' } as const
  const { lines, notes } = await imported('log', hey, { batchSize: 8, log: fixed })
  expect(lines[1]).toMatch(/^gpu,8,2,5,4.5,/)
  expect(notes[1]).toMatch(/the column status-code is not read; leave out .* --where status-code=\.\.\.$/)
  const { lines: binned } = await imported('log', CSV, { log: { ...log, bins: [10] } })
  expect(binned[1]).toMatch(/^gpu,10,3,5,4,/)
})

test.each([
  ['s', '0.0045', '4.5'],
  ['us', '4500', '4.5'],
  ['ns', '4500000', '4.5'],
] as const)('converts %s', async (unit, cell, ms) => {
  const { lines } = await imported('log', `took,n\n${cell},1\n`, {
    log: { map: { latency: 'took', size: 'n' }, unit },
  })
  expect(lines[1]).toMatch(new RegExp(`^gpu,1,1,${ms},`))
})

test.each([
  [
    'took_ms',
    's',
    'unit: is s, and the column "took_ms" is named after ms; give ms, or another name in the file',
  ],
  [
    'duration (s)',
    'ms',
    'unit: is ms, and the column "duration (s)" is named after s; give s, or another name in the file',
  ],
  [
    'duration [us]',
    'ms',
    'unit: is ms, and the column "duration [us]" is named after us; give us, or another name in the file',
  ],
  ['duration (s)', 's', 'not refused'],
  ['duration (µs)', 'us', 'not refused'],
  [
    'elapsedMs',
    's',
    'unit: is s, and the column "elapsedMs" is named after ms; give ms, or another name in the file',
  ],
  [
    'took_seconds',
    'ms',
    'unit: is ms, and the column "took_seconds" is named after s; give s, or another name in the file',
  ],
  ['latencyNanos', 'ns', 'not refused'],
  [
    'micros',
    'ms',
    'unit: is ms, and the column "micros" is named after us; give us, or another name in the file',
  ],
  // a word that ends in the letters of a unit
  ['times', 'ms', 'not refused'],
  ['responseStatus', 'ms', 'not refused'],
] as const)('the unit in the name of the column %s, for --unit %s', async (latency, unit, message) => {
  const given = { batchSize: 1, log: { map: { latency }, unit } }
  expect(await refusal('log', `${latency},n\n4,1\n`, given)).toBe(message)
})

test('reads fields of JSON by their whole names first, numbers in text, and no methods of objects', async () => {
  const lines = '{"a": {"b.c": " 4 "}, "a.n": 8, "st": " 200 "}\n'
  const given = { map: { latency: 'a.b.c', size: 'a.n' }, unit: 'ms', where: ['st=200'] } as const
  expect((await imported('jsonl', lines, { log: given })).lines[1]).toMatch(/^gpu,8,1,4,/)
  const method = { ...given, map: { latency: 'toString', size: 'a.n' } }
  expect(await refusal('jsonl', lines, { log: method })).toMatch(
    /^in line 1: toString: is missing; the fields/,
  )
})

test.each([
  [{ ...log, unit: undefined }, /^unit: is missing; say the unit of "elapsed_ms": ms, s, us, ns$/],
  [
    { ...log, unit: 's' },
    /^unit: is s, and the column "elapsed_ms" is named after ms; give ms, or another name in the file$/,
  ],
  [
    { ...log, map: { latency: 'elapsed_ms' } },
    /^in: does not say the batch size; add --batch-size N, or write/,
  ],
  [
    { ...log, map: { latency: 'elapsed_ms' }, bins: [8] },
    /^bins: is given, and --map names no size; add size=/,
  ],
  [
    { ...log, map: { latency: 'took_ms', size: 'n_items' } },
    /^in line 1: took_ms: the column is missing; the header/,
  ],
  [
    { ...log, map: undefined },
    /^unit: is given for a log of latency_ms; give it beside --map latency=<column>$/,
  ],
] as const)('refuses %j', async (given, message) => {
  expect(await refusal('log', CSV, { log: given })).toMatch(message)
})

test('refuses a bad cell with its line and what to do', async () => {
  const bad = (cell: string) => refusal('log', CSV.replace('30000', cell), { log: { ...log, where: [] } })
  for (const cell of ['-', '', '-1']) {
    expect(await bad(cell)).toMatch(
      /^in line 4: elapsed_ms: is .*; expected a number of milliseconds > 0.*; leave out requests that failed, such as by --where status=200, or leave such rows out by --where "elapsed_ms>0"$/,
    )
  }
  for (const cell of ['12 ms', '12.5µs', '1m2.5s']) {
    expect(await bad(cell)).toMatch(
      /^in line 4: elapsed_ms: is .*, without a unit: write all times in ms as numbers$/,
    )
  }
  for (const cell of ['0', '0.000', '-0']) {
    expect(await bad(cell)).toMatch(
      /^in line 4: elapsed_ms: is .*; if the log rounds short times to 0, log more digits, or measure by kairos-wasm measure: --where "elapsed_ms>0" leaves out the fastest requests$/,
    )
  }
  expect(await bad('"4,5"')).toMatch(
    /^in line 4: elapsed_ms: is "4,5"; expected a number of milliseconds > 0 .*, with a decimal point and no commas or spaces: replace those in numbers$/,
  )
  const none = CSV.replace(',8,6,', ',0,6,')
  expect(await refusal('log', none, { log })).toMatch(
    /^in line 3: n_items: is "0"; expected a number of items > 0; leave such rows out by --where "n_items>0"$/,
  )
  expect(await refusal('jsonl', JSON_LINES, { log: { ...log, where: [] } })).toMatch(
    /^in line 1: n_items: is missing; did you mean request.n_items\? the fields of this line are ts, instance_type, request.n_items, elapsed_ms, status$/,
  )
})

test('leaves out lines of JSON without a field, as k6 --out json writes them', async () => {
  const lines = '{"type":"Metric","metric":"m"}\n{"metric":"m","type":"Point","data":{"value":4}}\n'
  const given = { map: { latency: 'data.value' }, unit: 'ms', where: ['data.value!='] } as const
  expect((await imported('jsonl', lines, { batchSize: 1, log: given })).lines[1]).toMatch(/^gpu,1,1,4,/)
})

test('speaks of the fields of lines of JSON, and of several columns', async () => {
  const line = '{"ms":4,"n":1,"status":200,"error":null,"instance_type":"a"}\n'
  const given = { map: { latency: 'ms', size: 'n' }, unit: 'ms' } as const
  expect((await imported('jsonl', line, { log: given })).notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^in: the fields status, error are not read; leave out requests/),
      expect.stringMatching(/^in: the field instance_type is not read; if it names/),
    ]),
  )
})

test('says how to read a file without a header line', async () => {
  const task = 'job1,tensorflow,1.0,4\njob2,worker,2.0,5\n'
  const given = { map: { latency: 'took' }, unit: 's' } as const
  expect(await refusal('log', task, { batchSize: 1, log: given })).toBe(
    'in line 1: took: the column is missing; the header must name took; it names "job1,tensorflow,1.0,4"; a file without a header line needs --header',
  )
  const named = { ...given, header: ['job', 'task', 'n', 'time'] }
  expect(await refusal('log', task, { batchSize: 1, log: named })).toBe(
    'in line 1: took: the column is missing; --header must name took; it names "job,task,n,time"',
  )
})

test('refuses lines of JSON without a map, and with a delimiter', async () => {
  expect(await refusal('jsonl', JSON_LINES)).toBe(
    'map: is missing; say which fields to read: latency=<field>,size=<field>',
  )
  expect(await refusal('jsonl', JSON_LINES, { log: { ...log, delimiter: ';' } })).toBe(
    'delimiter: is given for jsonl; only log takes it',
  )
})

test('refuses a batch size for a file that has a column of them', async () => {
  expect(await refusal('log', CSV, { log, batchSize: 8 })).toBe(
    'in: has its batch sizes in "n_items" by --map, and 8 is given for the file; leave one out',
  )
})

test.each([
  // Apache httpd, support/ab.c: -e
  ['Time in ms', 'Percentage served,Time in ms\n0,5.000\n1,5.100\n'],
  // HdrHistogram, outputPercentileDistribution in CSV
  ['Value', '"Value","Percentile","TotalCount","1/(1-Percentile)"\n1.5,0.0,1,1.00\n'],
])('refuses a table of percentiles of %s as a log', async (latency, table) => {
  expect(await refusal('log', table, { batchSize: 1, log: { map: { latency }, unit: 'ms' } })).toBe(
    'in: has a line for each percentile, not for each request; log each request, as ab -g FILE does, or measure by kairos-wasm measure',
  )
})

test('takes a log of requests that has a column named percentile', async () => {
  const requests = 'percentile,took\n10,4\n90,6\n'
  const { lines } = await imported('log', requests, {
    batchSize: 1,
    log: { map: { latency: 'took' }, unit: 'ms' },
  })
  expect(lines[1]).toMatch(/^gpu,1,2,5,4,/)
})

test('reads a file without a header line by the names that are given', async () => {
  const nginx = '10.5,"POST /predict HTTP/1.1",200,0.004\n11.5,"GET /health HTTP/1.1",200,0.001\n'
  const given: LogOptions = {
    map: { latency: 'took' },
    unit: 's',
    where: ['request~/predict'],
    header: ['when', 'request', 'status', 'took'],
  }
  const { lines, notes } = await imported('log', nginx, { batchSize: 1, log: given })
  expect(lines[1]).toMatch(/^gpu,1,1,4,/)
  expect(notes).toContain('in: --where leaves out 1 of 2 rows')
  expect(await refusal('log', nginx, { batchSize: 1, log: { ...given, header: ['request', 'took'] } })).toBe(
    'in line 1: has 4 columns, and --header names 2; name each column, in order',
  )
  expect(await refusal('log', '1,4,x\n', { log: { header: ['batch', 'latency_ms', 'id'] } })).toBe(
    'not refused',
  )
})

const TYPED = { map: { latency: 'elapsed_ms', size: 'n_items', type: 'instance_type' }, unit: 'ms' } as const

test('makes rows of every instance type that a column names, in one pass', async () => {
  const given = { ...TYPED, where: ['status=200'], bins: [10] }
  const { lines, notes } = await imported('log', CSV, { log: given })
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 4))).toEqual([
    ['gpu', '10', '3', '5'],
    ['cpu', '10', '1', '70'],
  ])
  expect(notes).toContain(
    'fewer than 30 samples, so that the tail is a guess: batch sizes gpu 10 (3), cpu 10 (1)',
  )
  expect(notes.join()).not.toMatch(/every type|instance_type/)
  const { size: _, ...fixed } = TYPED.map
  const { lines: ofFile } = await imported('log', CSV, {
    batchSize: 8,
    log: { ...given, bins: undefined, map: fixed },
  })
  expect(ofFile.slice(1).map((line) => line.split(',').slice(0, 3).join())).toEqual(['gpu,8,3', 'cpu,8,1'])
  const map = { ...given.map, size: 'request.n_items' }
  expect((await imported('jsonl', JSON_LINES, { log: { ...given, map } })).lines).toEqual(lines)
})

test('says which types lack batch sizes, and keeps the rows of a table that it adds to', async () => {
  const scratch = scratchFolder()
  const out = scratch.write('table.csv', '')
  const only = (type: string) => ({ ...TYPED, where: ['status=200', `instance_type=${type}`] })
  await imported('log', CSV, { log: only('cpu'), out })
  const lacking = await imported('log', CSV, { log: only('gpu'), out })
  expect(lacking.notes).toContainEqual(expect.stringMatching(/: cpu lacks batch size 8; round sizes up/))
  const untyped = await imported('log', CSV, { log, out, type: 'a100' })
  expect(untyped.notes.join()).not.toMatch(/every type/)
  scratch.write('table.csv', '')
  await imported('log', CSV, { log: only('cpu'), out })
  const { lines, notes } = await imported('log', CSV.replace('gpu,1,4', 'gpu,2,4'), { log: only('gpu'), out })
  expect(lines.map((line) => line.split(',').slice(0, 3).join())).toEqual([
    'instance_type,batch_size,samples',
    'cpu,1,1',
    'gpu,1,1',
    'gpu,2,1',
    'gpu,8,1',
  ])
  expect(notes).toContain(
    'every type of a latency table needs every batch size: cpu lacks batch sizes 2, 8; round sizes up by --bins, import more requests, measure them by kairos-wasm measure, leave types out by --where, or add rows with times of at least 200 latency targets where a type cannot serve a size',
  )
})

test('refuses a cell that is no name of a type, a type beside the map, and a map without a type', async () => {
  const log = { ...TYPED, where: ['status=200'] }
  expect(await refusal('log', CSV.replace(',cpu,', ',,'), { log })).toBe(
    'in line 5: instance_type: is empty; expected the name of an instance type; leave such rows out by --where "instance_type!="',
  )
  expect(await refusal('log', CSV.replace(',cpu,', ',"c\npu",'), { log })).toMatch(
    /^in line 5: instance_type: is .*; expected the name of an instance type/,
  )
  expect(await refusal('log', CSV, { log, type: 'gpu' })).toBe(
    'type: is given, and the types are in "instance_type" by --map; leave one out',
  )
  expect(await refusal('log', 'batch,latency_ms\n1,4\n', { type: undefined })).toBe(
    'type: is missing; name the instance type, or its column by --map type=<column>',
  )
})

test('tells of a column of types that is not read', async () => {
  const told = async (where: string[]) =>
    (await imported('log', CSV, { log: { ...log, where } })).notes.filter((note) =>
      /instance_type/.test(note),
    )
  expect(await told(['status=200'])).toEqual([
    'in: the column instance_type is not read; if it names several types, add type=instance_type to --map in place of --type',
  ])
  expect(await told(['status=200', 'instance_type=gpu'])).toEqual([])
})

test('writes large counts of rows in groups of three digits', async () => {
  const failed = '2026-11-18T09:30:05Z,gpu,1,4,503\n'.repeat(1200)
  const { notes } = await imported('log', CSV + failed, { log })
  expect(notes).toContain('in: --where leaves out 1,202 of 1,205 rows')
})

test('refuses the times of several servers that nginx tried', async () => {
  const log: LogOptions = { map: { latency: 'up' }, unit: 's' }
  for (const times of ['0.010, 0.020', '0.010 : 0.020', '-, 0.020']) {
    expect(await refusal('log', `up,x\n"${times}",1\n`, { batchSize: 1, log })).toBe(
      `in line 2: up: is "${times}"; expected a number of seconds > 0, not one for each server that was tried; leave such rows out by --where "up>0"`,
    )
  }
})

test('names --delimiter where no column of --header is found', async () => {
  const log: LogOptions = { map: { latency: 'took' }, unit: 's', header: ['when', 'took'] }
  expect(await refusal('log', '10.5 0.004\n', { batchSize: 1, log })).toBe(
    'in line 1: has 1 column, and --header names 2; name what stands between the columns, such as --delimiter " ", ";" or tab',
  )
  expect(await refusal('log', '# by hand\n10.5,0.004\n', { batchSize: 1, log })).toMatch(
    /^in line 1: has 1 column, and --header names 2; if lines that begin with # are comments, remove them/,
  )
})
