import { expect, test } from 'vitest'
import { ratesOfTrace } from '../../src/plan/rates.ts'

/** One query a second for ten seconds, then three a second for five. */
const arrivalMs = Float64Array.from([
  ...Array.from({ length: 10 }, (_, i) => 1000 * i),
  ...Array.from({ length: 15 }, (_, i) => 10_000 + (1000 * i) / 3),
])
const trace = { arrivalMs, batchSize: new Float64Array(arrivalMs.length).fill(1) }

test('takes the mean, the largest or a percentile of the parts of each window', () => {
  const of = (statistic: 'mean' | 'peak' | number) => [
    ...ratesOfTrace(trace, { windowS: 15, partS: 5, statistic }),
  ]
  expect(of('mean')[0]).toBeCloseTo(25 / 15, 12)
  expect(of('peak')[0]).toBeCloseTo(3, 12)
  expect([...ratesOfTrace(trace, { windowS: 15, partS: 5 })]).toEqual(of('peak'))
  expect(of(50)).toEqual([1])
  expect(of(0)).toEqual([1])
})

test.each([0.3, 0.6, 0.7, 1, 1.1, 2.007, 3, 4.03, 7, 8.05, 8.06, 21, 600])(
  'a steady trace has its rate, in windows of %d s',
  (windowS) => {
    // one query in the length of a part, from its beginning on
    const gapMs = 100 * windowS
    const steady = {
      arrivalMs: Float64Array.from({ length: 200 }, (_, i) => Math.round(i * gapMs * 10) / 10),
      batchSize: new Float64Array(200).fill(1),
    }
    for (const rate of ratesOfTrace(steady, { windowS })) expect(rate).toBeCloseTo(1000 / gapMs, 9)
  },
)

test('a last window that the trace does not fill has the rate of its filled part', () => {
  const rates = ratesOfTrace(trace, { windowS: 10, partS: 1, statistic: 'mean' })
  expect(rates).toHaveLength(2)
  expect(rates[0]).toBe(1)
  expect(rates[1]).toBeCloseTo(3, 12)
})

test.each([
  ['mean', 605],
  ['peak', 605],
  ['peak', 600],
  ['peak', 599.95],
  ['mean', 665],
  ['peak', 635],
  ['p50', 10],
] as const)('the %s of a constant rate is that rate, wherever the trace ends (%f s)', (name, seconds) => {
  const even = Float64Array.from({ length: 20 * seconds + 1 }, (_, i) => i * 50)
  const statistic = name === 'p50' ? 50 : name
  const rates = ratesOfTrace({ arrivalMs: even, batchSize: even.map(() => 1) }, { windowS: 600, statistic })
  // a last window of less than half a tenth is left out
  expect(rates).toHaveLength(seconds >= 630 ? 2 : 1)
  for (const rate of rates) expect(rate).toBeCloseTo(20, 9)
})

test.each([
  [14.9, 1],
  [15, 2],
])('a last part that is half as long as others counts: the trace ends at %f s', (lastS, windows) => {
  const arrivalMs = Float64Array.of(0, 1000 * lastS)
  const rates = ratesOfTrace({ arrivalMs, batchSize: Float64Array.of(1, 1) }, { windowS: 10, partS: 10 })
  // one query alone has no rate of its own, so it counts as that of a whole part
  expect([...rates]).toEqual([0.1, 0.1].slice(0, windows))
})

test('a trace may have a million windows, and no more', () => {
  const windowsTo = (lastMs: number) => {
    const arrivalMs = Float64Array.of(0, lastMs)
    return ratesOfTrace({ arrivalMs, batchSize: Float64Array.of(1, 1) }, { windowS: 1, partS: 1 }).length
  }
  expect(windowsTo(999_999_500)).toBe(1e6)
  expect(() => windowsTo(1_000_000_500)).toThrow(/1000001 windows of 1 s; use longer windows$/)
})

test.each([1, 3600])('refuses a trace whose times count from 1970, in windows of %d s', (windowS) => {
  const arrivalMs = Float64Array.from([1_700_000_000_000, 1_700_000_600_000])
  const late = { arrivalMs, batchSize: new Float64Array(2).fill(1) }
  expect(() => ratesOfTrace(late, { windowS })).toThrow(
    /^trace: begins after 19675 days; use a trace that begins near time 0: its first query arrives after 1700000000 s; kairos-wasm trace convert kairos --window 1700000000s.. makes that time 0$/,
  )
})

test.each([
  [{ windowS: 0 }, /windowS: is 0/],
  [{ windowS: 10, partS: 20 }, /partS: is 20/],
  [{ windowS: 10, partS: 1e-9 }, /partS: is 1e-9; the trace has \d+ parts, 10000000 at most are possible/],
  [{ windowS: 1, partS: true as never }, /partS: is true; a number of seconds above 0/],
  [{ windowS: 1, partS: null as never }, /partS: is null/],
  [{ windowS: 10, statistic: 101 }, /statistic: is 101/],
  [{ windowS: 10, statistic: ['mean'] as never }, /statistic: is mean/],
  [{ windowS: Number.NaN }, /windowS: is NaN/],
])('rejects %j', (options, message) => {
  expect(() => ratesOfTrace(trace, options)).toThrow(message)
})

test('refuses a trace whose arrivals are so close that their rate is infinite', () => {
  const close = { arrivalMs: Float64Array.of(0, 1e-306), batchSize: Float64Array.of(1, 1) }
  for (const statistic of ['peak', 'mean'] as const) {
    expect(() => ratesOfTrace(close, { windowS: 600, statistic })).toThrow(
      'trace: has no rate; its arrivals are too close to each other: check the unit of their times',
    )
  }
})

test('rejects what is no trace', () => {
  for (const none of [undefined, {}, { arrivalMs: null }])
    expect(() => ratesOfTrace(none as never, { windowS: 60 })).toThrow(
      'trace: has no arrivals and batch sizes',
    )
})
