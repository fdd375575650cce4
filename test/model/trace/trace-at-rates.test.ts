import { expect, test } from 'vitest'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { traceAtRates } from '../../../src/model/trace/trace-at-rates.ts'

const MIX = { batchSizes: Float64Array.of(1, 8), probabilities: Float64Array.of(0.5, 0.5) }
const recipe = { rateQps: [50, 0, 200, 10], windowS: 100, seed: 3, mix: MIX }

test('has the rate of each window, in order, and nothing after the last one', () => {
  const { arrivalMs, batchSize } = traceAtRates(recipe)
  expect(batchSize).toHaveLength(arrivalMs.length)
  expect(arrivalMs.every((at, i) => i === 0 || at >= arrivalMs[i - 1])).toBe(true)
  expect(arrivalMs.at(-1)).toBeLessThanOrEqual(400_000)
  recipe.rateQps.forEach((rate, w) => {
    const count = arrivalMs.filter((at) => at >= w * 100_000 && at < (w + 1) * 100_000).length
    expect(Math.abs(count - rate * 100)).toBeLessThanOrEqual(4 * Math.sqrt(rate * 100))
  })
  // within a window the gaps are those of Poisson arrivals: as long as they vary
  const gaps = Array.from(arrivalMs.subarray(1, 4000), (at, i) => at - arrivalMs[i])
  const mean = gaps.reduce((sum, gap) => sum + gap) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1)
  expect(mean).toBeCloseTo(20, 0)
})

test('a query arrives when as many are expected as at one query a second', () => {
  const { arrivalMs } = traceAtRates(recipe)
  const once = {
    arrivals: 'poisson',
    rate: 1,
    queries: arrivalMs.length,
    seed: recipe.seed,
    mix: MIX,
  } as const
  const unit = generateTrace(once).arrivalMs
  const expectedAt = (seconds: number) =>
    recipe.rateQps.reduce((sum, rate, w) => sum + rate * Math.min(100, Math.max(0, seconds - 100 * w)), 0)
  const differences = Array.from(arrivalMs, (at, i) => Math.abs(expectedAt(at / 1000) - unit[i] / 1000))
  expect(Math.max(...differences)).toBeLessThan(1e-6)
})

test('the same seed draws the same, another one does not', () => {
  const short = { ...recipe, windowS: 2 }
  expect(traceAtRates(short)).toEqual(traceAtRates(short))
  expect(traceAtRates({ ...short, seed: 4 }).arrivalMs[0]).not.toBe(traceAtRates(short).arrivalMs[0])
})

test('refuses rates at which no query is expected, and more queries than a trace may have', () => {
  const refused = (rateQps: number[]) => {
    try {
      traceAtRates({ ...recipe, rateQps })
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(refused([0, 0.001])).toBe('rateQps: expect 0.1 queries in all windows; give higher rates')
  // so many are expected, but more may be drawn
  expect(refused([2 ** 26 / 100])).toBe(
    'rateQps: may be 67174408 queries in all windows; at most 67108864 are possible: give lower rates, or a trace of some of the time',
  )
})
