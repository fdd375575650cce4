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
  expect(of('peak')).toEqual([3])
  expect(of(50)).toEqual([1])
  expect(of(0)).toEqual([1])
})

test('a last window that the trace does not fill has the rate of its filled part', () => {
  const rates = ratesOfTrace(trace, { windowS: 10, partS: 1, statistic: 'mean' })
  expect(rates).toHaveLength(2)
  expect(rates[0]).toBe(1)
  expect(rates[1]).toBeCloseTo(3, 12)
})

test.each([
  [{ windowS: 0 }, /windowS: is 0/],
  [{ windowS: 10, partS: 20 }, /partS: is 20/],
  [{ windowS: 10, statistic: 101 }, /statistic: is 101/],
  [{ windowS: Number.NaN }, /windowS: is NaN/],
])('rejects %j', (options, message) => {
  expect(() => ratesOfTrace(trace, options)).toThrow(message)
})

test('rejects what is no trace', () => {
  for (const none of [undefined, {}, { arrivalMs: null }])
    expect(() => ratesOfTrace(none as never, { windowS: 60 })).toThrow(
      'trace: has no arrivals and batch sizes',
    )
})
