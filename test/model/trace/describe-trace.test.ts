import { describe, expect, it } from 'vitest'
import { describeTrace } from '../../../src/model/trace/describe-trace.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import type { Trace } from '../../../src/model/trace/trace.ts'

const mix = { batchSizes: Float64Array.of(10, 100, 1000), probabilities: Float64Array.of(0.52, 0.42, 0.06) }
const recipe = { rate: 100, queries: 100_000, seed: 5, mix } as const

const trace = (arrivals: number[], sizes = arrivals.map(() => 10)): Trace => ({
  arrivalMs: Float64Array.from(arrivals),
  batchSize: Float64Array.from(sizes),
})

describe('the description of a trace', () => {
  it('of a small trace is what one counts by hand', () => {
    const described = describeTrace(trace([100, 101, 103, 106], [1, 2, 10, 3]))
    expect(described).toMatchObject({ queries: 4, durationMs: 6, rate: 500, gapMeanMs: 2 })
    expect(described.gapCv).toBeCloseTo(Math.sqrt(2 / 3) / 2, 12)
    expect(described.rateOverTime.map(({ queries }) => queries)).toEqual([2, 0, 1, 1])
    expect(described.rateOverTime[0]).toEqual({ fromMs: 100, toMs: 101.5, queries: 2, rate: 2000 / 1.5 })
    expect(described.rateOverTime.at(-1)!.toMs).toBe(106)
    expect(described.sizes).toEqual({
      min: 1,
      mean: 4,
      p50: 2.5,
      p90: expect.closeTo(7.9),
      p99: expect.closeTo(9.79),
      max: 10,
    })
    expect(described.histogram.map(({ count }) => count)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 1])
    expect(described.indexOfDispersion).toEqual([])
  })

  it('of poisson arrivals has a cv and an index of dispersion of 1', () => {
    const { rate, gapCv, gapMeanMs, indexOfDispersion, rateOverTime } = describeTrace(
      generateTrace({ ...recipe, arrivals: 'poisson' }),
    )
    expect(rate! / 100).toBeCloseTo(1, 1)
    expect(gapMeanMs! / 10).toBeCloseTo(1, 1)
    expect(gapCv).toBeCloseTo(1, 1)
    expect(indexOfDispersion.map(({ windowMs }) => windowMs)).toEqual([10, 100, 1000, 10_000])
    for (const { index, windows } of indexOfDispersion) {
      expect(Math.abs(index - 1)).toBeLessThan(5 * Math.sqrt(2 / windows))
    }
    expect(rateOverTime.length).toBe(60)
    expect(rateOverTime.reduce((sum, { queries }) => sum + queries, 0)).toBe(100_000)
  })

  it('tells bursts from even arrivals', () => {
    const bursty = describeTrace(generateTrace({ ...recipe, arrivals: 'gamma', cv: 2 }))
    const even = describeTrace(generateTrace({ ...recipe, arrivals: 'constant' }))
    expect(bursty.gapCv).toBeCloseTo(2, 1)
    // over long windows the index of a renewal process comes to cv²
    expect(bursty.indexOfDispersion.at(-1)!.index).toBeGreaterThan(2.5)
    expect(even.gapCv).toBeCloseTo(0, 6)
    expect(even.indexOfDispersion.at(-1)!.index).toBeLessThan(0.01)
  })

  it('has a histogram of round steps that counts every query once', () => {
    const { histogram, sizes } = describeTrace(generateTrace({ ...recipe, arrivals: 'constant' }))
    expect(histogram.map(({ upTo }) => upTo)).toEqual(Array.from({ length: 20 }, (_, k) => 50 * (k + 1)))
    expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(100_000)
    expect(histogram.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(histogram[1].share).toBeCloseTo(0.42, 1)
    expect(sizes).toMatchObject({ min: 10, p50: 10, p90: 100, p99: 1000, max: 1000 })
  })

  it('rounds the step of its histogram up to the next power of ten', () => {
    // a twentieth of 140 is 7, of which neither 1, 2 nor 5 times a power of ten is near
    const { histogram } = describeTrace(trace([0, 1, 2], [10, 11, 140]))
    expect(histogram.map(({ upTo }) => upTo)).toEqual(Array.from({ length: 14 }, (_, k) => 10 * (k + 1)))
    expect(histogram.flatMap(({ count }, k) => (count > 0 ? [[k, count]] : []))).toEqual([
      [0, 1],
      [1, 1],
      [13, 1],
    ])
  })

  it('has the dispersion within milliseconds where as many queries arrive', () => {
    // in each of 20 ms two queries, or none and four in turn
    const even = trace(Array.from({ length: 41 }, (_, i) => i / 2))
    expect(describeTrace(even).indexOfDispersion).toEqual([{ windowMs: 1, windows: 20, index: 0 }])
    const bursts = trace([...Array.from({ length: 40 }, (_, i) => 2 * Math.floor(i / 4)), 20])
    expect(describeTrace(bursts).indexOfDispersion).toEqual([
      // the sum of squares is 20 · 2², over 19, over the mean of 2
      { windowMs: 1, windows: 20, index: expect.closeTo(80 / 19 / 2, 12) },
    ])
  })

  it('of one query, or of many at once, has no rate', () => {
    for (const arrivals of [[5], [5, 5, 5]]) {
      const described = describeTrace(trace(arrivals))
      expect(described).toMatchObject({ durationMs: 0, rate: null, gapMeanMs: null, gapCv: null })
      expect(described).toMatchObject({ rateOverTime: [], indexOfDispersion: [] })
      expect(described.histogram.at(-1)!.count).toBe(arrivals.length)
    }
  })

  it('is data that survives JSON', () => {
    const described = describeTrace(trace([0, 5, 5], [0.2, 0.5, 0.1]))
    expect(JSON.parse(JSON.stringify(described))).toEqual(described)
  })
})
