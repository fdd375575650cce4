/** Programs at the limits of the solver: of its digits, and of what it keeps. */
import { describe, expect, test } from 'vitest'
import { certify } from '../../src/bound/certificate.ts'
import { fluidProgramOf } from '../../src/bound/fluid.ts'
import { wasmBackends } from './backends.ts'

test('a program whose times differ by more than numbers have digits is refused', () => {
  const [[, wasm]] = wasmBackends
  const program = {
    probability: Float64Array.of(0.2432, 0.0272, 0.2432, 0.2432, 0.2432),
    service: Float64Array.of(20.86, 83.94, 61.82, 89.3, 59.48, 25.43, 47.59, 24.64, 1e15, 94.29),
    violation: Float64Array.of(0, 1, 1, 1, 1, 0, 0, 0.17, 1, 0.83),
    epsilon: 0.5,
  }
  const counts = Float64Array.from({ length: 2 * 72 }, (_, i) =>
    i % 2 === 0 ? Math.floor(i / 18) : (i >> 1) % 9,
  )
  // its steps are 0: without a limit of steps the solver would not end
  expect(() => wasm.fluidBounds({ program, counts })).toThrow(/not solved/)
})

test('solves a program of 16 types and 1000 bins that takes more than 16 steps for each type', () => {
  const [[, wasm]] = wasmBackends
  const bins = 1000
  const meanMs = Float64Array.from({ length: 16 * bins }, (_, cell) => {
    const t = Math.floor(cell / bins)
    const growth = 20 + 30 * ((t * 0.618) % 1) * (1 + t / 4)
    return 2 + t / 8 + growth * ((cell % bins) / bins) ** (0.8 + (t % 5) / 10)
  })
  const program = fluidProgramOf({
    probabilities: new Float64Array(bins).fill(1 / bins),
    meanMs,
    levels: Float64Array.of(0, 0.5, 1),
    knotsMs: Float64Array.from(Array.from(meanMs).flatMap((ms) => [0.7 * ms, ms, 1.3 * ms])),
    qosMs: 40,
    percentile: 99,
    service: 'sampled',
  })
  const counts = Float64Array.of(2, 3, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 1, 2, 1, 2)
  const { bound, price, violationPrice } = wasm.fluidBounds({ program, counts })
  const dual = { bound: bound[0], price, violationPrice: violationPrice[0] }
  const { infeasibility, gap } = certify(program, counts, dual)
  expect(infeasibility).toBeLessThan(1e-9)
  expect(gap).toBeLessThan(1e-9)
})

describe.each(wasmBackends)('%s', (_, kernel) => {
  const boundOf = (probability: number[], service: number[], counts: number[]) => {
    const violation = new Float64Array(service.length)
    const times = { service: Float64Array.from(service), violation }
    const program = { probability: Float64Array.from(probability), ...times, epsilon: 0.01 }
    return kernel.fluidBounds({ program, counts: Float64Array.from(counts) }).bound[0]
  }

  test('ends where no basis of a program has an inverse, whatever was solved before', () => {
    // times that differ by 10^8 in bins of probability 10^-9 and 10^-13
    const rare = [0.9999999972500457, 2.749772201689987e-9, 1.820605088174878e-13]
    const apart = [1, 1e8, 1e8, 1e8, 1, 1, 1, 1e8, 1e8]
    for (let i = 0; i < 2; i++) {
      expect(boundOf([0.5, 0.25, 0.25], [4, 1, 2, 1, 1, 3, 4, 4, 3], [1, 3, 2])).toBeCloseTo(4266.666, 2)
      expect(() => boundOf(rare, apart, [8, 5, 7])).toThrow(/was not solved; if a type cannot serve a rare/)
    }
  })

  test('keeps the ties of bins beyond the 65,536th apart, with batches', () => {
    const bins = 70_000
    const [probability, service, violation] = [1, 4, 4].map((lines) => new Float64Array(lines * bins))
    for (let k = 0; k < bins; k++) {
      const isHeavy = k >= bins - 4_300 && (k - bins + 4_300) % 10 === 0
      probability[k] = isHeavy ? 300 : 1
      const baseMs = 1 + (k % 97) / 10
      const otherMs = baseMs * (isHeavy ? 2 : k % 2 ? 0.3 : 9)
      for (const [j, ms] of [baseMs, 1.5 * baseMs, otherMs, 1.5 * otherMs].entries()) {
        service[j * bins + k] = ms
        violation[j * bins + k] = j % 2 ? 0 : 0.02
      }
    }
    const sum = probability.reduce((a, b) => a + b)
    const program = {
      probability: probability.map((weight) => weight / sum),
      ...{ service, violation, lineType: Int32Array.of(0, 0, 1, 1), epsilon: 0.5 },
    }
    const list = Array.from({ length: 20 }, (_each, i) => [40 + ((i * 7) % 23), 60 + ((i * 5) % 27)])
    const counts = Float64Array.from(list.flat())
    const { bound, price, violationPrice } = kernel.fluidBounds({ program, counts })
    for (const [i, own] of list.entries()) {
      const claim = {
        ...{ bound: bound[i], violationPrice: violationPrice[i] },
        price: price.slice(2 * i, 2 * i + 2),
      }
      const { infeasibility, gap } = certify(program, Float64Array.from(own), claim)
      expect(infeasibility).toBeLessThan(1e-9)
      expect(gap).toBeLessThan(1e-9)
    }
  })
})
