import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkQueries,
  checkTrace,
  MAX_QUERIES,
  rateOf,
  scaleToRate,
  speedUp,
  type Trace,
} from '../../../src/model/trace/trace.ts'

const trace = (arrivals: number[], sizes = arrivals.map(() => 10)): Trace => ({
  arrivalMs: Float64Array.from(arrivals),
  batchSize: Float64Array.from(sizes),
})

const anyTrace = fc
  .array(
    fc.record({
      at: fc.double({ min: 0, max: 1e6, noNaN: true }),
      size: fc.integer({ min: 1, max: 1000 }),
    }),
    { minLength: 2, maxLength: 50 },
  )
  .map((rows) => {
    rows.sort((a, b) => a.at - b.at)
    return trace(
      rows.map(({ at }) => at),
      rows.map(({ size }) => size),
    )
  })

describe('checking a trace', () => {
  it('takes a sorted one, equal arrivals and 0 among them', () => {
    expect(() => checkTrace(trace([0, 0, 1.5, 1.5]), { maxBatchSize: 10 })).not.toThrow()
  })

  it.each([
    ['an unsorted arrival', trace([0, 5, 3]), 'arrivalMs[2]: is 3, after 5; sort the trace by arrival'],
    ['a negative arrival', trace([-1, 0]), 'arrivalMs[0]: is -1; a number of milliseconds >= 0 is expected'],
    ['NaN', trace([0, Number.NaN]), 'arrivalMs[1]: is NaN; a number of milliseconds >= 0 is expected'],
    ['infinity', trace([0, Infinity]), 'arrivalMs[1]: is Infinity; a number of milliseconds >= 0'],
    ['a size of 0', trace([0, 1], [1, 0]), 'batchSize[1]: is 0; a size > 0 is expected'],
    ['a size of NaN', trace([0], [Number.NaN]), 'batchSize[0]: is NaN; a size > 0 is expected'],
    ['a size beyond', trace([0], [11]), 'batchSize[0]: is 11; the latency table serves sizes up to 10'],
    ['no queries', trace([]), 'trace: has no queries; at least one is expected'],
    ['uneven columns', trace([0, 1], [1]), 'trace: has 2 arrivals and 1 batch sizes; give one of each'],
  ])('refuses %s', (_, bad, message) => {
    expect(() => checkTrace(bad, { maxBatchSize: 10 })).toThrow(message)
  })

  it('refuses absurd numbers of queries', () => {
    expect(() => checkQueries(MAX_QUERIES)).not.toThrow()
    expect(() => checkQueries(MAX_QUERIES + 1)).toThrow(/at most 67108864 are possible/)
    for (const queries of [0, 1.5, -1, Number.NaN, Infinity]) {
      expect(() => checkQueries(queries)).toThrow('a whole number >= 1 is expected')
    }
  })
})

describe('the rate of a trace', () => {
  it('is one over the mean gap', () => {
    expect(rateOf(trace([100, 110, 120, 130]))).toBe(100)
    expect(rateOf(trace([7]))).toBeNaN()
    expect(rateOf(trace([7, 7]))).toBeNaN()
    // 1000 queries divided by 1e-306 ms would be infinite
    expect(rateOf(trace([0, 1e-306]))).toBeNaN()
  })

  it('becomes what it is scaled to; sizes stay', () => {
    fc.assert(
      fc.property(anyTrace, fc.double({ min: 0.01, max: 1e4, noNaN: true }), (any, rate) => {
        fc.pre(any.arrivalMs.at(-1)! - any.arrivalMs[0] > 1e-3)
        const scaled = scaleToRate(any, rate)
        expect(rateOf(scaled) / rate).toBeCloseTo(1, 6)
        expect(scaled.batchSize).toEqual(any.batchSize)
        expect(() => checkTrace(scaled)).not.toThrow()
      }),
    )
  })

  it('is multiplied by a speed-up', () => {
    expect(speedUp(trace([0, 10, 40]), 4).arrivalMs).toEqual(Float64Array.of(0, 2.5, 10))
  })

  it('cannot be 0, negative or not a number, nor come from one arrival', () => {
    for (const bad of [0, -1, Number.NaN, Infinity]) {
      expect(() => scaleToRate(trace([0, 1]), bad)).toThrow(
        `rate: is ${bad}; a number of queries per second > 0`,
      )
      expect(() => speedUp(trace([0, 1]), bad)).toThrow(`speed: is ${bad}; a factor > 0 is expected`)
    }
    expect(() => scaleToRate(trace([3]), 10)).toThrow('at least two of its arrivals must differ')
    expect(() => scaleToRate(trace([0, 1e-306]), 10)).toThrow('its arrivals are too close to each other')
    expect(() => speedUp(trace([0, 1e9]), 1e-300)).toThrow('puts arrivals beyond the largest number')
    expect(() => speedUp(trace([0, 0]), 5e-324)).toThrow('puts arrivals beyond the largest number')
  })
})
