/** Latencies that are the difference of two columns, such as the end and the start of a request. */
import { expect, test } from 'vitest'
import { imported, refusal } from './imported.ts'

// 333 ns more than 6.1 ms: doubles of these times are 256 ns apart
const SPAN = { end: '1795000200006100333', start: '1795000200000000000' }

test('reads the difference of two columns, exactly for nanoseconds since 1970 as text or number', async () => {
  const given = { batchSize: 1, log: { map: { latency: 'end-start' }, unit: 'ns' } } as const
  const csv = `start,x,end\n${SPAN.start},"a ""b""",${SPAN.end}\n`
  const text = JSON.stringify({ ...SPAN, name: '1795000200006100333, "' })
  const numbers = text.replace(/"(\d+)"/g, '$1')
  for (const [format, content] of [
    ['log', csv],
    ['jsonl', text],
    ['jsonl', numbers],
  ]) {
    expect((await imported(format, content, given)).lines[1]).toMatch(/^gpu,1,1,6\.100333,/)
  }
  const nested = { ...given, log: { ...given.log, map: { latency: 'span.end-span.start' } } }
  expect((await imported('jsonl', `{"span":${text}}`, nested)).lines[1]).toMatch(/^gpu,1,1,6\.100333,/)
})

test('reads a column whose name has a minus before a difference', async () => {
  const given = { batchSize: 1, log: { map: { latency: 'end-start' }, unit: 'ms' } } as const
  const { lines } = await imported('log', 'end,start,end-start\n9,5,3\n', given)
  expect(lines[1]).toMatch(/^gpu,1,1,3,/)
})

test('refuses a difference that is no latency, with its line, and conditions leave it out', async () => {
  const map = { latency: 'end-start', size: 'n' }
  const read = (row: string, where: string[] = []) =>
    refusal('log', `n,start,end\n1,5,9\n${row}\n`, { log: { map, unit: 'ms', where } })
  const failed = 'leave out requests that failed, such as by --where status=200'
  expect(await read('1,9,5')).toMatch(/^in line 3: end-start: is "-4"; expected a number of milliseconds > 0/)
  expect(await read('1,9,5')).toContain(
    `; ${failed}, or leave such rows out by --where "end-start>0"; a difference names the later time first: latency=end-start`,
  )
  expect(await read('1,5,5')).toMatch(/is "0"; .*; if the log rounds short times to 0, log more digits/)
  expect(await read('1,5,x')).toMatch(/is "x - 5"; .*leave out requests that failed/)
  expect(await read('1,5,')).toMatch(/end-start: is empty; .*leave out requests that failed/)
  expect(await read('1,2026-11-18T09:30:00Z,2026-11-18T09:30:01Z')).toBe(
    'in line 3: end-start: is "1.000000000 s"; expected a number of milliseconds > 0 and up to 1e15; for dates, --unit iso',
  )
  expect(await read('1,9,5\n1,5,5\n1,,5', ['end-start>0'])).toBe('not refused')
  const open = '{"n":1,"start":5,"end":null}\n{"n":1,"start":5}\n{"n":1,"start":5,"end":9}\n'
  const closed = { log: { map, unit: 'ms', where: ['end-start!='] } } as const
  expect(await refusal('jsonl', open, closed)).toBe('not refused')
  expect(await refusal('jsonl', open, { log: { map, unit: 'ms' } })).toMatch(/line 1: end-start: is empty/)
  expect(await refusal('log', 'n,start,ended\n1,5,9\n', { log: { map, unit: 'ms' } })).toBe(
    'in line 1: end-start: the column is missing; the header must name end-start,n; it names "n,start,ended"; a file without a header line needs --header',
  )
})

const DATES = { start: '2026-11-30T12:00:00.123Z', end: '2026-11-30T13:00:00.129100333+01:00' }

test('reads the difference of two dates, exactly to the nanosecond', async () => {
  const given = { batchSize: 1, log: { map: { latency: 'end-start' }, unit: 'iso' } } as const
  const text = JSON.stringify({ ...DATES, n: 1 })
  for (const [format, content] of [
    ['log', `start,end\n${DATES.start},${DATES.end}\n`],
    ['jsonl', text],
  ]) {
    expect((await imported(format, content, given)).lines[1]).toMatch(/^gpu,1,1,6\.100333,/)
  }
  const where = { ...given, log: { ...given.log, where: ['end-start>0', 'end-start<0.5'] } }
  const others = [
    { start: DATES.end, end: DATES.start },
    { start: DATES.start, end: '2026-11-30T12:00:00.623Z' },
    { start: DATES.start, end: null },
  ]
  const lines = [text, ...others.map((each) => JSON.stringify(each))].join('\n')
  const { lines: rows, notes } = await imported('jsonl', lines, where)
  expect(rows[1]).toMatch(/^gpu,1,1,6\.100333,/)
  expect(notes).toContain('in: --where leaves out 3 of 4 rows')
})

test.each([
  [DATES.end, DATES.start, /end-start: is "-0.006100333 s"; .*a difference names the later time first/],
  [
    DATES.start,
    DATES.start,
    /is "0.000000000 s"; expected a difference of two dates > 0; .*if the log rounds short times to 0/,
  ],
  [DATES.start, '5', /is "5 - 2026.*Z"; expected two dates like 2026-11-30T12:00:00.123Z, or two numbers$/],
  ['5', DATES.end, /- 5"; expected two dates like 2026-11-30T12:00:00.123Z, or two numbers$/],
  ['5', '6', /end-start: is "1"; expected two dates .*; for numbers, --unit ms, s, us or ns$/],
  [
    '2026-11-30T12:00:00',
    DATES.end,
    /; expected two dates with a time zone, such as Z or \+01:00, or two without one$/,
  ],
  ['12:00:01', '12:00:02', /; expected two dates with their time, like 2026-11-30T12:00:00.123Z$/],
  [
    '2026-02-30',
    '2026-02-31',
    /; expected two dates like 2026-11-30T12:00:00.123Z, with up to nine decimals of a second$/,
  ],
  [DATES.start, '', /end-start: is empty; expected two dates whose difference is the latency: /],
])('with --unit iso refuses the start %j and the end %j', async (start, end, message) => {
  const log = { map: { latency: 'end-start' }, unit: 'iso' } as const
  expect(await refusal('log', `start,end\n${start},${end}\n`, { batchSize: 1, log })).toMatch(message)
})

test('names all units of a difference where none is given', async () => {
  const log = { map: { latency: 'end-start' } }
  expect(await refusal('log', 'start,end\n5,6\n', { batchSize: 1, log })).toBe(
    'unit: is missing; say the unit of "end-start": ms, s, us, ns; iso for the difference of two dates',
  )
})

test('refuses a date alone, with the flags of a difference', async () => {
  for (const unit of ['iso', 'ms'] as const) {
    const log = { map: { latency: 'end' }, unit }
    expect(await refusal('log', `end\n${DATES.end}\n`, { batchSize: 1, log })).toBe(
      `in line 2: end: is "${DATES.end}"; expected two dates whose difference is the latency: --map latency=<end>-<start>, with --unit iso`,
    )
  }
})
