import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fluidBound } from '../../../src/bound/fluid.ts'
import { sizesOf } from '../../../src/cli/input/sizes.ts'
import {
  interpolateTable,
  interpolationError,
  roundingCost,
} from '../../../src/model/workload/interpolate-table.ts'
import type { LatencyTable } from '../../../src/model/workload/latency-table.ts'

const LEVELS = Float64Array.of(0, 0.5, 0.99, 1)
const SPREAD = [0.9, 1, 1.2, 1.4]

function tableOf(sizes: readonly number[], msOf: readonly ((size: number) => number)[]): LatencyTable {
  const means = msOf.flatMap((ms) => sizes.map(ms))
  return {
    types: msOf.map((_, t) => `t${t}`),
    batchSizes: Float64Array.from(sizes),
    levels: LEVELS,
    samples: new Float64Array(means.length).fill(50),
    meanMs: Float64Array.from(means),
    knotsMs: Float64Array.from(means.flatMap((ms) => SPREAD.map((factor) => factor * ms))),
  }
}

test('measured sizes stay, others lie on the line between their neighbours, with samples of 0', () => {
  const measured = tableOf([1, 10, 20], [(size) => 5 + size])
  const table = interpolateTable(measured, [1, 4, 10, 15, 20])
  expect([...table.meanMs]).toEqual([6, 9, 15, 20, 25])
  expect([...table.samples]).toEqual([50, 0, 50, 0, 50])
  expect([...table.knotsMs.subarray(4, 8)]).toEqual(SPREAD.map((factor) => expect.closeTo(9 * factor, 12)))
})

test('times are above 0, and not above a curve that bends one way', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.3, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      fc.uniqueArray(fc.integer({ min: 2, max: 255 }), { minLength: 1, maxLength: 8 }),
      (power, fixed, inner) => {
        const ms = (size: number) => 1 + fixed + size ** power
        const sizes = [1, ...inner, 256].sort((a, b) => a - b)
        const bins = Array.from({ length: 256 }, (_, i) => i + 1)
        const { meanMs, knotsMs } = interpolateTable(tableOf(sizes, [ms]), bins)
        // one comparison for all bins, because each takes long
        const isPossible = (bin: number, k: number) => {
          const [a, b, c, d] = knotsMs.subarray(4 * k, 4 * k + 4)
          return 0 < meanMs[k] && meanMs[k] <= ms(bin) * (1 + 1e-12) && a <= b && b <= c && c <= d
        }
        expect(bins.filter((bin, k) => !isPossible(bin, k))).toEqual([])
      },
    ),
  )
})

test('a bin beyond the measured sizes is refused', () => {
  const measured = tableOf([2, 8], [(size) => size])
  expect(() => interpolateTable(measured, [1, 2])).toThrow(/bins: has 1, and 2 to 8 are measured/)
  expect(() => interpolateTable(measured, [2, 9])).toThrow(/bins: has 9/)
})

describe('what rounding and interpolation cost', () => {
  test('the largest step between bins, unless they are neighbours', () => {
    const table = tableOf([1, 2, 4, 8], [(size) => 10 + size, (size) => size])
    expect(roundingCost(table)).toEqual({ type: 't1', below: 2, bin: 4, share: 1 })
    expect(roundingCost(tableOf([1, 2, 3], [(size) => size]))).toBeUndefined()
  })

  test('the size that its neighbours miss most', () => {
    expect(interpolationError(tableOf([1, 2], [(size) => size]))).toBeUndefined()
    const steps = tableOf([1, 10, 20, 30], [(size) => (size >= 20 ? 40 : 20)])
    expect(interpolationError(steps)).toEqual({ type: 't0', size: 20, share: -0.5 })
    const early = tableOf([1, 10, 20, 30], [(size) => (size === 1 ? 20 : 38 + (size / 10) ** 2)])
    expect(interpolationError(early)).toMatchObject({ size: 10 })
    expect(Math.abs(interpolationError(tableOf([1, 5, 9], [(size) => 3 + size]))?.share ?? 0)).toBeLessThan(
      1e-12,
    )
  })

  test('bins in steps of 2% cost the bound less than 2%', () => {
    const all = Array.from({ length: 256 }, (_, i) => i + 1)
    const ms = [(size: number) => 4 + 0.6 * size, (size: number) => 9 + 2.5 * size]
    const bound = (latency: LatencyTable) =>
      fluidBound(
        {
          ...{ model: 'm', latency, qosMs: 5000, percentile: 99 },
          mix: { batchSizes: Float64Array.from(all), probabilities: new Float64Array(256).fill(1 / 256) },
        },
        latency.types,
        [2, 3],
      )
    const exact = bound(tableOf(all, ms))
    const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    const rounded = bound(interpolateTable(tableOf(sizes, ms), sizesOf('1-256/2%')))
    expect(rounded / exact).toBeGreaterThan(0.98)
    expect(rounded).toBeLessThanOrEqual(exact * (1 + 1e-9))
    // what powers of two cost
    expect(bound(tableOf(sizes, ms)) / exact).toBeLessThan(0.85)
    // and with every size as a bin nothing
    expect(bound(interpolateTable(tableOf(sizes, ms), all)) / exact).toBeCloseTo(1, 9)
  })
})
