import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeTrace } from '../../../src/model/trace/describe-trace.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { traceDescriptionText } from '../../../src/report/trace/trace-description.ts'

const text = (arrivals: number[], sizes: number[]): string =>
  traceDescriptionText(
    describeTrace({ arrivalMs: Float64Array.from(arrivals), batchSize: Float64Array.from(sizes) }),
  )

describe('the text of a description', () => {
  it('shows figures, the rate over time and the batch sizes', () => {
    const arrivals = Array.from({ length: 240 }, (_, i) => 800 * i + (i > 100 ? 20_000 : 0) + (i % 3))
    const sizes = arrivals.map((_, i) => [1, 1, 1, 4][i % 4])
    expect(`\n${text(arrivals, sizes)}`).toMatchInlineSnapshot(`
      "
      queries     240
      duration    3 min 31 s
      rate        1.13 q/s
      gaps        mean 884 ms, cv 1.46 (Poisson arrivals: 1)
      burstiness  0.26 in 1 s, 1.17 in 10 s (variance over mean of the count; Poisson arrivals: 1)

      Rate over time, 0 to 1.42 q/s, 3.52 s a column
      █▇█▇▇█▇█▇▇█▇█▇█▇▇█▇▇█▇▇▁▁▁▁▁▄▇█▇█▇█▇▇█▇█▇▇█▇▇█▇█▇█▇▇█▇█▇▇█▇█
      0 ms to 3 min 31 s

      Batch sizes, 1 to 4: mean 1.75, p50 1, p90 4, p99 4
      up to  queries  share
          1      180  75.0%  ██████████████████████████████
          2        0   0.0%
          3        0   0.0%
          4       60  25.0%  ██████████
      "
    `)
  })

  it('does without a rate', () => {
    expect(`\n${text([5, 5], [1, 2])}`).toMatchInlineSnapshot(`
      "
      queries   2
      duration  0 ms
      rate      none: no two arrivals differ

      Batch sizes, 1 to 2: mean 1.5, p50 1.5, p90 1.9, p99 1.99
      up to  queries  share
          1        1  50.0%  ██████████████████████████████
          2        1  50.0%  ██████████████████████████████
      "
    `)
  })

  it('says that arrivals are too close for a rate', () => {
    expect(text([0, 1e-306, 2e-306], [1, 2, 2])).toContain(
      'rate      none: arrivals are too close to each other; is the unit of their times right?',
    )
  })

  it('fits a terminal, in plain characters', () => {
    const mix = { batchSizes: Float64Array.of(1, 1e6), probabilities: Float64Array.of(0.99, 0.01) }
    for (const rate of [1e-4, 1, 1e5]) {
      const trace = generateTrace({ arrivals: 'gamma', cv: 5, rate, queries: 30_000, seed: 1, mix })
      const lines = traceDescriptionText(describeTrace(trace)).split('\n')
      for (const line of lines) {
        expect(line.length).toBeLessThan(120)
        expect(stripVTControlCharacters(line)).toBe(line)
        expect(line).not.toMatch(/\t|NaN|Infinity|undefined| $/)
      }
    }
  })
})
