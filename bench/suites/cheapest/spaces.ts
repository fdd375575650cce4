import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'
import { randomStream } from '../../../src/model/random.ts'

const BINS = 100

/** A random space of 8 types from slow and cheap to fast and expensive, 0 to 50 instances of each, for $60 an hour. */
export function randomSpace(seed: number, types = 8, most = 50): FluidSpace {
  const random = randomStream(seed, 0)
  const between = (least: number, largest: number) => least + (largest - least) * random()
  // half of the spaces have the prices of families, in which the next size costs twice as much: many costs are equal
  const isFamily = seed % 2 === 1
  const price = Float64Array.from({ length: types }, (_, t) =>
    isFamily ? [0.085, 0.526][t % 2] * 2 ** (t >> 1) : Math.round(1e4 * 0.08 * 50 ** random()) / 1e4,
  )
  const start = Array.from(price, () => between(1, 6))
  const slope = Array.from(price, (dollars) => between(0.25, 0.6) / dollars ** between(0.7, 1.05))
  const service = Float64Array.from({ length: types * BINS }, (_, i) => {
    const t = Math.floor(i / BINS)
    return start[t] + slope[t] * ((i % BINS) + 1)
  })
  const weight = Float64Array.from(
    { length: BINS },
    (_, k) => Math.exp(-(((k - 18) / 12) ** 2)) + 0.05 * random(),
  )
  const total = weight.reduce((sum, value) => sum + value)
  return {
    lattice: {
      min: new Float64Array(types),
      size: new Float64Array(types).fill(most + 1),
      price,
      budget: 60,
    },
    program: {
      probability: weight.map((value) => value / total),
      service,
      violation: service.map((ms) => Math.min(1, Math.max(0, (ms - 70) / 60))),
      epsilon: 0.01,
    },
    size: (most + 1) ** types,
  }
}
