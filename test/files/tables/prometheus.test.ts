/** Results as curl saves them; the answer with an error is one of Prometheus 2.53. */
import { expect, test } from 'vitest'
import { readRates } from '../../../src/files/tables/rates.ts'
import { readBroken } from '../broken.ts'
import { scratchFolder } from '../scratch.ts'

const FIRST = 1_700_000_000

/** The answer to a range query with one series. */
const answer = (values: readonly unknown[], metric: object = { job: 'api' }) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric, values }] },
  })

const at = (...rates: readonly string[]) => rates.map((rate, w) => [FIRST + 60 * w, rate])

const read = (text: string) => readRates(scratchFolder().write('rates.json', text))

test('reads the values of a range query of Prometheus, from time 0 on', async () => {
  const expected = {
    firstS: 0,
    windowS: 60,
    rateQps: Float64Array.of(12.5, 0, 1500),
    begin: '2023-11-14T22:13:20Z',
  }
  const text = answer(at('12.5', '0', '1.5e+03'))
  expect(await read(text)).toEqual(expected)
  expect(await read(`\ufeff${JSON.stringify(JSON.parse(text), null, 2)}\n`)).toEqual(expected)
})

test('reads times with milliseconds, and a single value, whose window has no known length', async () => {
  const values = [
    [1700000000.781, '1'],
    [1700000000.981, '2'],
    [1700000001.181, '3'],
  ]
  expect(await read(answer(values))).toMatchObject({ windowS: 0.2, begin: '2023-11-14T22:13:20.781Z' })
  expect((await read(answer(at('1')))).windowS).toBeUndefined()
})

const success = (resultType: string, result: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType, result } })

test.each([
  [
    'a gap, as of stale series',
    answer([...at('1', '2'), [FIRST + 240, '3']]),
    'lacks 2 values between 2023-11-14T22:14:20Z and 2023-11-14T22:17:20Z, at a step of 60 s; in the query, sum(…) or vector(0) makes 0 of a time without requests; or choose a time without gaps',
  ],
  [
    'a gap at the start',
    answer([[FIRST - 120, '3'], ...at('1', '2')]),
    'lacks 1 value between 2023-11-14T22:11:20Z and 2023-11-14T22:13:20Z, at a step of 60 s; in the query, sum(…) or vector(0) makes 0 of a time without requests; or choose a time without gaps',
  ],
  [
    'unequal steps',
    answer([...at('1', '2'), [FIRST + 150, '3']]),
    'has steps of 60 s and, from 2023-11-14T22:14:20Z to 2023-11-14T22:15:50Z, of 90 s; expected one step: query /api/v1/query_range with start, end and step, and save its answer',
  ],
  [
    'times that decrease',
    answer([...at('1', '2'), ...at('1')]),
    'has 2023-11-14T22:13:20Z after 2023-11-14T22:14:20Z; expected times that increase: save one answer in a file',
  ],
  [
    'a time twice',
    answer([...at('1'), ...at('1')]),
    'has 2023-11-14T22:13:20Z after 2023-11-14T22:13:20Z; expected times that increase: save one answer in a file',
  ],
  [
    'milliseconds since 1970',
    answer([[1000 * FIRST, '1']]),
    'has the time "1700000000000"; expected seconds since 1970',
  ],
  ['a value without a time', answer(['1']), 'has the time "nothing"; expected seconds since 1970'],
  [
    'NaN',
    answer(at('1', 'NaN')),
    'is "NaN" at 2023-11-14T22:14:20Z; expected a number of queries per second >= 0; in the query, (…) >= 0 or vector(0) makes 0 of it',
  ],
  ...['+Inf', '-Inf', '-1', ''].map((text) => [
    text === '' ? 'an empty value' : text,
    answer(at('1', text)),
    `is "${text}" at 2023-11-14T22:14:20Z; expected a number of queries per second >= 0; rate(…) of a counter is one`,
  ]),
  [
    'several series',
    success(
      'matrix',
      ['a', 'b', 'c', 'd'].map((job) => ({ metric: { job }, values: at('1') })),
    ),
    String.raw`has 4 series: "{\"job\":\"a\"}", "{\"job\":\"b\"}", "{\"job\":\"c\"}", …; add them up in the query by sum(…), or choose one by its labels`,
  ],
  [
    'no series',
    success('matrix', []),
    'has no series; is the name in the query right, and were there samples at this time?',
  ],
  [
    'a native histogram',
    success('matrix', [{ metric: {}, histograms: [] }]),
    'its series has no values; query /api/v1/query_range with start, end and step, and save its answer',
  ],
  ...(
    [
      ['vector', [{ metric: {}, value: [FIRST, '1'] }]],
      ['scalar', [FIRST, '1']],
      ['string', [FIRST, 'a']],
    ] as const
  ).map(([type, result]) => [
    `a ${type}`,
    success(type, result),
    `is the result of one instant ("${type}"); query /api/v1/query_range with start, end and step, and save its answer`,
  ]),
  [
    'an error',
    '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"step\\": zero or negative\\u001b[0m"}',
    String.raw`is an error of Prometheus: "bad_data: invalid parameter \"step\": zero or negative\u001b[0m"; correct the query, and save its answer again`,
  ],
])('refuses %s', async (_, text, message) => {
  const { write, refusal } = scratchFolder()
  expect(await refusal(readRates(write('rates.json', text)))).toEqual({
    code: 'BAD_FILE',
    message: `rates.json: ${message}`,
  })
})

test.each([
  ['an answer that was cut', answer(at('1')).slice(0, -9)],
  ['lines of JSON', '{"start_s":0,"rate_qps":1}\n{"start_s":600,"rate_qps":1}\n'],
  ['other JSON', '{"start_s":0,"rate_qps":1}'],
  ['a list', `[{"metric":{},"values":${JSON.stringify(at('1'))}}]`],
])('refuses %s, and says which files it takes', async (_, text) => {
  const { write, refusal } = scratchFolder()
  expect((await refusal(readRates(write('rates.json', text)))).message).toBe(
    'rates.json: is no rate curve; expected CSV with the columns start_s,rate_qps, or the whole answer of a range query of Prometheus (/api/v1/query_range)',
  )
})

test('is taken or refused, however it is broken', async () => {
  const { write } = scratchFolder()
  await readBroken(answer(at('12.5', '0')), 'rates.json', (text) => readRates(write('rates.json', text)))
})
