import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClosedForm, Lattice, Selection } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { backends } from './backends.ts'

const fallback = loadKernel('fallback')

/** Small spaces of few distinct numbers, so that equal bounds and costs exactly on the budget are frequent. */
const question = fc
  .record({
    axes: fc.array(
      fc.record({
        min: fc.nat({ max: 2 }),
        size: fc.integer({ min: 1, max: 6 }),
        price: fc.constantFrom(0.1, 0.25, 0.3, 0.149, 1),
        cutoff: fc.nat(),
        small: fc.constantFrom(0.5, 0.75, 0.9, 1),
        time: fc.constantFrom(0.25, 0.5, 0.9, 1),
        rate: fc.constantFrom(1, 2, 3.3, 7.1),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    base: fc.nat(),
    cutoffs: fc.integer({ min: 1, max: 3 }),
    budget: fc.constantFrom(0.05, 0.3, 0.6, 1, 2, 4, 100),
    limit: fc.integer({ min: 1, max: 60 }),
    byCost: fc.boolean(),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ axes, base, cutoffs, budget, limit, byCost, cut }) => {
    const lattice: Lattice = {
      min: Float64Array.from(axes, (axis) => axis.min),
      size: Float64Array.from(axes, (axis) => axis.size),
      price: Float64Array.from(axes, (axis) => axis.price),
      budget,
    }
    const closedForm: ClosedForm = {
      base: base % axes.length,
      baseRate: 2.5,
      cutoff: Int32Array.from(axes, (axis) => axis.cutoff % cutoffs),
      smallShare: Float64Array.from(axes, (axis) => axis.small),
      timeShare: Float64Array.from(axes, (axis) => axis.time),
      rate: Float64Array.from({ length: cutoffs * axes.length }, (_, i) => {
        return axes[i % axes.length].rate / (1 + Math.floor(i / axes.length))
      }),
    }
    const to = lattice.size.reduce((product, size) => product * size, 1)
    return { lattice, closedForm, from: 0, to, limit, byCost, middle: Math.floor(cut * to) }
  })

const rows = ({ bound, cost, number }: Selection) =>
  Array.from(number, (n, i) => ({ number: n, cost: cost[i], bound: bound[i] }))

describe.each(backends)('%s', (name, kernel) => {
  // the fallback is compared with itself here, which shows that its pages fit together
  const numRuns = name === 'fallback' ? 30 : 200

  test('ranks the base alone', () => {
    const lattice = {
      min: Float64Array.of(0),
      size: Float64Array.of(4),
      price: Float64Array.of(0.5),
      budget: 1,
    }
    const closedForm = {
      base: 0,
      baseRate: 10,
      cutoff: Int32Array.of(-1),
      smallShare: Float64Array.of(0),
      timeShare: Float64Array.of(0),
      rate: new Float64Array(0),
    }
    expect(kernel.scanLattice({ lattice, closedForm, from: 0, to: 4 })).toEqual(Float64Array.of(0, 10, 20, 0))
    const best = kernel.selectLattice({ lattice, closedForm, from: 0, to: 4, limit: 3, byCost: true })
    expect(rows(best)).toEqual([
      { number: 2, cost: 1, bound: 20 },
      { number: 1, cost: 0.5, bound: 10 },
    ])
    expect(best).toMatchObject({ withinBudget: 2, feasible: 2 })
  })

  test('ranks nothing that exceeds the budget by a rounding', () => {
    const lattice = {
      ...{ min: Float64Array.of(0, 0), size: Float64Array.of(2, 8), price: Float64Array.of(0.3, 0.1) },
      budget: 0.9,
    }
    const closedForm = {
      ...{ base: 0, baseRate: 10, cutoff: Int32Array.of(-1, 0), smallShare: Float64Array.of(0, 0.5) },
      ...{ timeShare: Float64Array.of(0, 0.5), rate: Float64Array.of(0, 1) },
    }
    // (0.9 - 0.3) / 0.1 is 6, and 0.3 + 6 x 0.1 is more than 0.9
    const { withinBudget, number } = kernel.selectLattice({
      ...{ lattice, closedForm, from: 0, to: 16, limit: 16, byCost: false },
    })
    expect(Array.from(number).sort((a, b) => a - b)).toEqual([8, 9, 10, 11, 12, 13])
    // without the base there are 1 to 7 of the other type
    expect(withinBudget).toBe(13)
  })

  test('scans any range like the fallback, bit for bit', () => {
    fc.assert(
      fc.property(question, ({ lattice, closedForm, to, middle }) => {
        const whole = fallback.scanLattice({ lattice, closedForm, from: 0, to })
        expect(kernel.scanLattice({ lattice, closedForm, from: 0, to })).toEqual(whole)
        const part = kernel.scanLattice({ lattice, closedForm, from: middle, to })
        expect(part).toEqual(whole.slice(middle))
      }),
      { numRuns },
    )
  })

  test('selects like the fallback, bit for bit, page by page', () => {
    fc.assert(
      fc.property(question, ({ middle, ...input }) => {
        const expected = fallback.selectLattice({ ...input, limit: input.to })
        const paged: ReturnType<typeof rows> = []
        for (;;) {
          const after = paged.at(-1)
          const page = kernel.selectLattice(after ? { ...input, after } : input)
          expect(page.withinBudget).toBe(expected.withinBudget)
          expect(page.feasible).toBe(expected.feasible)
          if (page.number.length === 0) break
          paged.push(...rows(page))
        }
        expect(paged).toEqual(rows(expected))
      }),
      { numRuns },
    )
  })

  test('finds in two ranges together what it finds in the whole', () => {
    fc.assert(
      fc.property(question, ({ middle, ...input }) => {
        const whole = kernel.selectLattice({ ...input, limit: input.to })
        const head = kernel.selectLattice({ ...input, limit: input.to, to: middle })
        const tail = kernel.selectLattice({ ...input, limit: input.to, from: middle })
        expect(head.withinBudget + tail.withinBudget).toBe(whole.withinBudget)
        expect(head.feasible + tail.feasible).toBe(whole.feasible)
        const numbers = (part: Selection) => Array.from(part.number)
        expect([...numbers(head), ...numbers(tail)].sort((a, b) => a - b)).toEqual(
          numbers(whole).sort((a, b) => a - b),
        )
      }),
    )
  })

  test('selects the best bounds of the scan', () => {
    fc.assert(
      fc.property(question, ({ middle, ...input }) => {
        const scanned = kernel.scanLattice(input)
        const expected = Array.from(scanned)
          .filter((bound) => bound > 0)
          .sort((a, b) => b - a)
        expect(Array.from(kernel.selectLattice(input).bound)).toEqual(expected.slice(0, input.limit))
      }),
    )
  })
})

test.each([
  // the last type serves like the others, or lowers the bound: then configurations without it are the best
  ['with', { least: 1, small: 0.8, rate: 0.9 }],
  ['without', { least: 0, small: 1, rate: 0.001 }],
])('of equal bounds the cheapest is found in later runs, %s the last type', (_, { least, small, rate }) => {
  const lattice = {
    ...{ min: Float64Array.of(1, 0, 0, least), size: Float64Array.of(1, 2, 400, 12), budget: 1e6 },
    price: Float64Array.of(0.5, 0.0001, 0.001, 1),
  }
  const closedForm = {
    ...{ base: 0, baseRate: 10, cutoff: Int32Array.of(-1, 0, 0, 0) },
    ...{ smallShare: Float64Array.of(0, 0.8, 0.8, small), timeShare: Float64Array.of(0, 0.7, 0.7, 0.7) },
    rate: Float64Array.of(0, 5, 0.08, rate),
  }
  const input = { lattice, closedForm, from: 0, to: 9600, byCost: true }
  // the base is the bottleneck of all
  const expected = rows(fallback.selectLattice({ ...input, limit: 9600 })).slice(0, 5)
  expect(new Set(expected.map(({ bound }) => bound)).size).toBe(1)
  for (const [name, kernel] of backends) {
    expect(rows(kernel.selectLattice({ ...input, limit: 5 })), name).toEqual(expected)
  }
})

test.each([
  ['many runs in a plane', [3, 9000, 40], 8],
  ['enough runs for a threshold from samples', [60, 5000, 3], 1000],
])('selects like the fallback from %s', (_shape, size, budget) => {
  const lattice = {
    min: Float64Array.of(0, 0, 0),
    size: Float64Array.from(size),
    price: Float64Array.of(0.5, 0.001, 0.01),
    budget,
  }
  const closedForm = {
    base: 0,
    baseRate: 10,
    cutoff: Int32Array.of(-1, 0, 1),
    smallShare: Float64Array.of(0, 0.8, 0.9),
    timeShare: Float64Array.of(0, 0.7, 0.8),
    rate: Float64Array.of(0, 0.01, 0, 0, 0.009, 2),
  }
  const input = { lattice, closedForm, from: 17, to: size[0] * size[1] * size[2] - 29 }
  for (const byCost of [true, false]) {
    // the fallback takes a second for each
    const all = fallback.selectLattice({ ...input, limit: 5000, byCost })
    for (const limit of [1, 20, 5000]) {
      const expected = {
        ...all,
        number: all.number.slice(0, limit),
        cost: all.cost.slice(0, limit),
        bound: all.bound.slice(0, limit),
      }
      for (const [name, kernel] of backends) {
        if (name === 'fallback') continue
        expect(kernel.selectLattice({ ...input, limit, byCost }), name).toEqual(expected)
      }
    }
  }
})

test('keeps the cheap ones of many runs that share the best bound', () => {
  // the base is the bottleneck of nearly all: the first run fills the buffer, the next reach its bound at less cost
  const lattice = {
    min: Float64Array.of(1, 0, 0),
    size: Float64Array.of(1, 100, 6000),
    price: Float64Array.of(1, 0.5, 1),
    budget: 1e6,
  }
  const closedForm = {
    base: 0,
    baseRate: 10,
    cutoff: Int32Array.of(-1, 0, 0),
    smallShare: Float64Array.of(0, 0.8, 0.8),
    timeShare: Float64Array.of(0, 0.7, 0.7),
    rate: Float64Array.of(0, 5, 1),
  }
  const input = { lattice, closedForm, from: 0, to: 600_000, limit: 5, byCost: true }
  const expected = fallback.selectLattice(input)
  // the cheapest have instances of the second type, at half the price
  expect(Math.floor(expected.number[0] / 6000)).toBeGreaterThan(0)
  for (const [name, kernel] of backends) expect(kernel.selectLattice(input), name).toEqual(expected)
})
