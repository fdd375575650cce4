import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FORECASTS, type ForecastOptions, forecaster } from '../../src/plan/forecast.ts'

const HALF_DAY_S = 43_200
const rates = Float64Array.of(10, 20, 30, 40, 50)

test('yesterday is a day before, at the current rate at least', () => {
  const { rateQps } = forecaster(rates, HALF_DAY_S, { forecast: 'yesterday' })
  expect([2, 3, 4, 5].map((at) => rateQps(2, at))).toEqual([30, 30, 30, 30])
  expect(forecaster(rates.toReversed(), HALF_DAY_S, { forecast: 'yesterday' }).rateQps(2, 3)).toBe(40)
})

test('a window may be as long as the season, and no longer', () => {
  expect(forecaster(rates, 2 * HALF_DAY_S, { forecast: 'yesterday' }).rateQps(1, 2)).toBe(20)
  for (const [forecast, days] of [
    ['yesterday', 1],
    ['last-week', 7],
  ] as const) {
    const seasonS = days * 2 * HALF_DAY_S
    expect(() => forecaster(rates, seasonS + 1, { forecast })).toThrow(
      `forecast: is ${forecast}, but a window of ${seasonS + 1} s is longer; use windows of ${seasonS} s or less`,
    )
  }
})

test('yesterday is the same time of day where windows do not divide it', () => {
  // the window of 7 hours that begins at 35 h: a day ago it was 11 h, in the windows that begin at 7 h and at 14 h
  const yesterday = (...rates: number[]) =>
    forecaster(Float64Array.from(rates), 7 * 3600, { forecast: 'yesterday' })
  const { rateQps, largestQps } = yesterday(1, 8, 2, 1, 1)
  expect([5, 6, 7, 8].map((at) => rateQps(4, at))).toEqual([8, 2, 1, 8])
  expect([0, 1].map((windows) => largestQps(4, windows))).toEqual([1, 8])
  expect(yesterday(1, 2, 8, 1, 1).rateQps(4, 5)).toBe(8)
  // the seventh window ahead is the first that was partly window 0
  expect(yesterday(9, 1, 1, 1, 1).largestQps(4, 7)).toBe(9)
})

test('yesterday is one window of a thousand, where only rounding says that it is not', () => {
  // 86400 / 86.4 is 999.9999999999999
  const rates = new Float64Array(2000).fill(1).fill(5, 500, 501)
  const { rateQps, largestQps } = forecaster(rates, 86.4, { forecast: 'yesterday' })
  expect([1499, 1500, 1501].map((at) => rateQps(1400, at))).toEqual([1, 5, 1])
  expect(largestQps(1400, 100)).toBe(5)
})

test('the recent maximum is that of the last hour, in the nearest number of windows', () => {
  const at = (windowS: number) =>
    forecaster(Float64Array.of(9, 5, 1, 2), windowS, { forecast: 'recent-maximum' }).rateQps(3, 4)
  expect([1200, 2000, 3000, 7200].map(at)).toEqual([9, 5, 2, 2])
})

/** The definition, window by window: what `forecaster` is to compute with less work. */
function plainForecast(
  rateQps: Float64Array,
  windowS: number,
  { forecast, givenQps }: ForecastOptions,
): (now: number, at: number) => number {
  const known = (w: number) => rateQps[Math.max(0, Math.min(w, rateQps.length - 1))]
  const hour = Math.max(1, Math.round(3600 / windowS))
  const recent = (now: number) => {
    let most = 0
    for (let w = Math.max(0, now - hour); w <= now; w++) most = Math.max(most, known(w))
    return most
  }
  return (now, at) => {
    if (forecast === 'given') return givenQps![Math.min(at, givenQps!.length - 1)]
    if (forecast === 'last') return known(now)
    if (forecast === 'recent-maximum') return recent(now)
    let before = at
    while (before > now) before -= Math.round((forecast === 'yesterday' ? 86_400 : 7 * 86_400) / windowS)
    return before < 0 ? recent(now) : Math.max(known(before), known(now))
  }
}

test.each(FORECASTS)(
  '%s is to the bit what its definition says, and so is the largest of windows ahead',
  (forecast) => {
    const curve = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })
    const windowLength = fc.constantFrom(600, 1800, 3600, 7200, 43_200, 86_400)
    fc.assert(
      fc.property(
        curve,
        windowLength,
        fc.integer({ min: 0, max: 2500 }),
        fc.gen(),
        (curve, windowS, ahead, gen) => {
          const rates = Float64Array.from(curve)
          const options = { forecast, givenQps: rates.toReversed() }
          const { rateQps, largestQps } = forecaster(rates, windowS, options)
          const plain = plainForecast(rates, windowS, options)
          for (let step = 0; step < 5; step++) {
            const now = gen(fc.integer, { min: 0, max: rates.length - 1 })
            const all = Array.from({ length: ahead + 1 }, (_, i) => plain(now, now + i))
            expect(largestQps(now, ahead)).toBe(all.reduce((most, rate) => Math.max(most, rate), 0))
            expect(all.slice(0, 18).map((_, i) => rateQps(now, now + i))).toEqual(all.slice(0, 18))
          }
        },
      ),
      { numRuns: 100 },
    )
  },
)

test.each(['last', 'recent-maximum'] as const)(
  '%s reads the rates of the last hour once a window, however long the delay',
  (forecast) => {
    let reads = 0
    const rates = new Proxy(new Float64Array(4000).fill(1), {
      get: (target, key) => {
        if (key !== 'length') reads++
        return Reflect.get(target, key, target)
      },
    })
    const { rateQps, largestQps } = forecaster(rates, 1, { forecast })
    expect(largestQps(3900, 1e9)).toBe(1)
    for (let h = 1; h < 18; h++) expect(rateQps(3900, 3900 + h)).toBe(1)
    expect(reads).toBeLessThan(3700)
  },
)
