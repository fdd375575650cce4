import { expect, test } from 'vitest'
import { readRates } from '../../../src/files/tables/rates.ts'
import { scratchFolder } from '../scratch.ts'

test('reads rates, the length of their windows and foretold rates', async () => {
  const { write } = scratchFolder()
  const curve = await readRates(
    write('rates.csv', 'start_s,rate_qps,forecast_qps\n0,10,11\n600,20.5,19\n1200,0,1\n'),
  )
  expect(curve).toEqual({
    firstS: 0,
    windowS: 600,
    rateQps: Float64Array.of(10, 20.5, 0),
    forecastQps: Float64Array.of(11, 19, 1),
  })
})

test('a single window has no known length', async () => {
  const { write } = scratchFolder()
  expect((await readRates(write('rates.csv', 'start_s,rate_qps\n0,10\n'))).windowS).toBeUndefined()
})

test.each([
  ['a rate below 0', '0,10\n600,-1\n', /rates.csv line 3: rate_qps: is "-1"; expected a number of queries/],
  ['a rate that is no number', '0,10\n600,NaN\n', /rates.csv line 3: rate_qps: is "NaN"/],
  [
    'starts out of order',
    '600,10\n0,10\n',
    /rates.csv line 3: start_s: 0 follows 600; expected starts that increase/,
  ],
  [
    'a missing window',
    '0,10\n600,10\n1800,10\n',
    /line 4: start_s: starts 1200 s after the window before, others 600 s/,
  ],
  [
    'dates',
    '2026-11-18T09:30:00Z,10\n',
    /line 2: start_s: is "2026-11-18T09:30:00Z"; expected the seconds since the first window; plan takes the date of that one by --begin$/,
  ],
  ['no window', '', /rates.csv line 2: there is no row after the header/],
])('rejects %s', async (_, rows, message) => {
  const { write, refusal } = scratchFolder()
  const { code, message: given } = await refusal(readRates(write('rates.csv', `start_s,rate_qps\n${rows}`)))
  expect(code).toBe('BAD_FILE')
  expect(given).toMatch(message)
})

test('says of the export of a dashboard how its times and counts become rates', async () => {
  const { write, refusal } = scratchFolder()
  const { message } = await refusal(
    readRates(write('rates.csv', '"Time","requests"\n2026-11-18 09:30:00,20\n')),
  )
  expect(message).toMatch(
    /line 1: start_s: the column is missing; a header looks like start_s,rate_qps; in an export of another tool, write dates as seconds since the first window, and divide counts by the seconds of a window$/,
  )
})

test('says of an answer of CloudWatch what makes rates of it', async () => {
  const { write, refusal } = scratchFolder()
  const { message } = await refusal(readRates(write('rates.json', '{"MetricDataResults": []}')))
  expect(message).toMatch(
    /rates.json: is an answer of CloudWatch; write it as CSV with the columns start_s,rate_qps: seconds since/,
  )
})

test('says of a trace which flag takes it', async () => {
  const { write, refusal } = scratchFolder()
  const { message } = await refusal(readRates(write('trace.csv', 'arrival_ms,batch_size\n0,10\n')))
  expect(message).toMatch(
    /trace\.csv line 1: start_s: the column is missing.*; plan takes a trace by --trace$/,
  )
})
