import fc from 'fast-check'
import { mean, sampleCorrelation, standardDeviation } from 'simple-statistics'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { drawBatchSizes, generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { checkTrace } from '../../../src/model/trace/trace.ts'
import { ARRIVAL_PROCESSES } from '../../../src/model/workload/arrivals.ts'
import type { Mix } from '../../../src/model/workload/workload.ts'

const mix: Mix = {
  batchSizes: Float64Array.of(10, 20, 50, 200, 1000, 2000),
  probabilities: Float64Array.of(0.05, 0.25, 0.4, 0, 0.3, 0),
}

const recipe = { arrivals: 'poisson', rate: 95, queries: 20_000, seed: 7, mix } as const

const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 })

function gapsOf({ arrivalMs }: { arrivalMs: Float64Array }): number[] {
  return Array.from(arrivalMs, (at, i) => at - (i === 0 ? 0 : arrivalMs[i - 1]))
}

describe('a generated trace', () => {
  it('is a valid trace of the right rate, whatever the process, rate and seed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ARRIVAL_PROCESSES),
        fc.double({ min: 0.1, max: 2000, noNaN: true }),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        anySeed,
        (arrivals, rate, cv, seed) => {
          const queries = 4000
          const gamma = arrivals === 'gamma'
          const trace = generateTrace({ arrivals, rate, queries, seed, mix, cv: gamma ? cv : undefined })
          expect(() => checkTrace(trace, { maxBatchSize: 1000 })).not.toThrow()
          expect(trace.arrivalMs.length).toBe(queries)
          // the standard error of the mean gap, at most: cv / √queries; six of them, and rounding
          const spread = { poisson: 1, gamma: cv, constant: 0, 'integer-gaps': Math.sqrt(rate / 1000) }[
            arrivals
          ]
          const tolerance = (6 * spread) / Math.sqrt(queries) + 1e-9
          expect(Math.abs((trace.arrivalMs[queries - 1] / queries) * (rate / 1000) - 1)).toBeLessThan(
            tolerance,
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('comes out the same from the same seed and different from the next', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ARRIVAL_PROCESSES), anySeed, (arrivals, seed) => {
        const one = generateTrace({ ...recipe, arrivals, queries: 50, seed })
        expect(generateTrace({ ...recipe, arrivals, queries: 50, seed })).toEqual(one)
        const next = generateTrace({ ...recipe, arrivals, queries: 50, seed: (seed + 1) % 2 ** 32 })
        expect(next.batchSize).not.toEqual(one.batchSize)
        if (arrivals !== 'constant') expect(next.arrivalMs).not.toEqual(one.arrivalMs)
      }),
    )
  })

  it('stays the same from version to version', () => {
    const { arrivalMs, batchSize } = generateTrace({ ...recipe, queries: 4, seed: 1 })
    expect({ arrivalMs: [...arrivalMs], batchSize: [...batchSize] }).toMatchInlineSnapshot(`
      {
        "arrivalMs": [
          11.787944705001406,
          23.925001960723048,
          51.81798802573865,
          54.11273168032351,
        ],
        "batchSize": [
          1000,
          1000,
          10,
          1000,
        ],
      }
    `)
  })

  it('keeps its sizes under another rate, process and length', () => {
    const { batchSize } = generateTrace(recipe)
    for (const arrivals of ARRIVAL_PROCESSES) {
      const other = generateTrace({ ...recipe, arrivals, rate: 3, queries: 500 })
      expect(other.batchSize).toEqual(batchSize.slice(0, 500))
    }
    expect(drawBatchSizes(mix, 500, 7)).toEqual(batchSize.slice(0, 500))
  })

  it('scales exactly with its rate', () => {
    for (const arrivals of ['poisson', 'gamma', 'constant'] as const) {
      const unit = generateTrace({ ...recipe, arrivals, rate: 1000, queries: 1000 })
      const slow = generateTrace({ ...recipe, arrivals, rate: 37, queries: 1000 })
      expect(slow.arrivalMs).toEqual(unit.arrivalMs.map((at) => at * (1000 / 37)))
    }
  })

  it('has gaps that do not depend on the sizes', () => {
    const gaps = gapsOf(generateTrace(recipe))
    const sizes = [...generateTrace(recipe).batchSize]
    expect(Math.abs(sampleCorrelation(gaps, sizes))).toBeLessThan(4 / Math.sqrt(gaps.length))
  })
})

describe('gaps', () => {
  it('of poisson arrivals are the same whatever the last bit of Math.log is, which differs between engines', () => {
    const { log } = Math
    const usual = generateTrace(recipe)
    const spied = vi.spyOn(Math, 'log')
    onTestFinished(() => spied.mockRestore())
    spied.mockImplementation((x) => log(x) * (1 + Number.EPSILON))
    expect(generateTrace(recipe)).toEqual(usual)
  })

  it('of poisson arrivals are exponential', () => {
    const gaps = gapsOf(generateTrace(recipe)).sort((a, b) => a - b)
    expect(standardDeviation(gaps) / mean(gaps)).toBeCloseTo(1, 1)
    // Kolmogorov and Smirnov: the largest distance between the two distribution functions, at 0.1%
    const distance = Math.max(
      ...gaps.map((gap, i) => Math.abs(1 - Math.exp(-gap * 0.095) - (i + 0.5) / gaps.length)),
    )
    expect(distance).toBeLessThan(1.95 / Math.sqrt(gaps.length))
  })

  it.each([0.1, 0.5, 1, 2, 3])('of gamma arrivals have cv %d', (cv) => {
    const gaps = gapsOf(generateTrace({ ...recipe, arrivals: 'gamma', cv, queries: 200_000 }))
    expect(mean(gaps) * 0.095).toBeGreaterThan(1 - 0.01 * cv - 0.01)
    expect(mean(gaps) * 0.095).toBeLessThan(1 + 0.01 * cv + 0.01)
    expect(standardDeviation(gaps) / mean(gaps) / cv).toBeGreaterThan(0.97)
    expect(standardDeviation(gaps) / mean(gaps) / cv).toBeLessThan(1.03)
  })

  it.each([0.01, 100])('of gamma arrivals may have cv %d', (cv) => {
    const { arrivalMs } = generateTrace({ ...recipe, arrivals: 'gamma', cv, queries: 5 })
    expect(arrivalMs).toHaveLength(5)
  })

  it('of constant arrivals are equal', () => {
    const { arrivalMs } = generateTrace({ ...recipe, arrivals: 'constant', rate: 8, queries: 3 })
    expect([...arrivalMs]).toEqual([125, 250, 375])
  })

  it.each([10.5, 20, 2, 400])('of the published generator are whole milliseconds around %d', (meanMs) => {
    const gaps = gapsOf(
      generateTrace({ ...recipe, arrivals: 'integer-gaps', rate: 1000 / meanMs, queries: 50_000 }),
    )
    expect(gaps.every(Number.isInteger)).toBe(true)
    // a Poisson count has its mean as its variance
    expect(Math.abs(mean(gaps) - meanMs)).toBeLessThan(5 * Math.sqrt(meanMs / gaps.length))
    expect(standardDeviation(gaps) ** 2 / meanMs).toBeCloseTo(1, 1)
    const expected = Array.from({ length: 60 }, (_, k) =>
      Math.exp(k * Math.log(meanMs) - meanMs - logFactorial(k)),
    )
    if (meanMs < 30) {
      const counts = expected.map((_, k) => gaps.filter((gap) => gap === k).length)
      expect(
        chiSquare(
          counts,
          expected.map((share) => share * gaps.length),
        ),
      ).toBe('fits')
    }
  })
})

describe('batch sizes', () => {
  it('follow the mix', () => {
    const sizes = drawBatchSizes(mix, 100_000, 3)
    const counts = Array.from(mix.batchSizes, (size) => sizes.filter((drawn) => drawn === size).length)
    expect(
      chiSquare(
        counts,
        Array.from(mix.probabilities, (p) => p * sizes.length),
      ),
    ).toBe('fits')
    expect(counts[3] + counts[5]).toBe(0)
  })

  it('need a probability above 0', () => {
    const none = { batchSizes: Float64Array.of(1), probabilities: Float64Array.of(0) }
    expect(() => drawBatchSizes(none, 1, 1)).toThrow('mix: sums to 0; it must sum to 1')
  })
})

describe('a recipe', () => {
  it.each([
    [{ rate: 0 }, 'rate: is 0; a number of queries per second > 0 is expected'],
    [{ rate: -1 }, 'rate: is -1'],
    [{ rate: Number.NaN }, 'rate: is NaN'],
    [{ rate: Infinity }, 'rate: is Infinity'],
    [{ rate: 5e-324 }, 'rate: is 5e-324'],
    [{ rate: 1e-304 }, 'rate: of 1e-304 puts arrivals beyond the largest number; give a higher rate'],
    [{ queries: 0 }, 'queries: is 0; a whole number >= 1 is expected'],
    [{ queries: 2.5 }, 'queries: is 2.5'],
    [{ queries: 1e12 }, 'cut the trace into windows'],
    [{ seed: -1 }, 'seed: is -1; a whole number from 0 to 4294967295 is expected'],
    [{ seed: 2 ** 32 }, 'seed: is 4294967296'],
    [{ seed: 0.5 }, 'seed: is 0.5'],
    [{ arrivals: 'gamma' as const, cv: 0 }, 'cv: is 0; a number from 0.01 to 100 is expected'],
    [{ arrivals: 'gamma' as const, cv: Number.NaN }, 'cv: is NaN'],
    [{ arrivals: 'gamma' as const, cv: '2' as never }, 'cv: is "2"; a number from 0.01 to 100 is expected'],
    [{ rate: '95' as never }, 'rate: is "95"; a number of queries per second > 0 is expected'],
    [{ cv: 2 }, 'cv: is given for poisson arrivals; only gamma arrivals have one'],
    [
      { arrivals: 'weekly' as never },
      'arrivals: is "weekly"; it is one of poisson, gamma, constant, integer-gaps',
    ],
  ])('is refused with %o', (part, message) => {
    expect(() => generateTrace({ ...recipe, ...part })).toThrow(message)
  })
})

function logFactorial(k: number): number {
  let sum = 0
  for (let i = 2; i <= k; i++) sum += Math.log(i)
  return sum
}

/** Pearson's test at about 0.1%, by the approximation of Wilson and Hilferty; rare cells are pooled. */
function chiSquare(counts: readonly number[], expected: readonly number[]): string {
  let statistic = 0
  let cells = 0
  let rareCount = 0
  let rareExpected = 0
  counts.forEach((count, k) => {
    if (expected[k] < 10) {
      rareCount += count
      rareExpected += expected[k]
      return
    }
    statistic += (count - expected[k]) ** 2 / expected[k]
    cells++
  })
  if (rareExpected >= 10) {
    statistic += (rareCount - rareExpected) ** 2 / rareExpected
    cells++
  }
  const freedom = cells - 1
  const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3
  return statistic < limit ? 'fits' : `${statistic} is above ${limit} at ${freedom} degrees of freedom`
}
