import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AssignmentProblem } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { faults } from './assignment-certificate.ts'
import { backends, wasmBackends } from './backends.ts'

const fallback = loadKernel('fallback')

interface Golden {
  readonly rows: number
  readonly cols: number
  readonly cost: number[]
  readonly pairs: [number[], number[]]
  readonly total: number
}

const golden: Golden[] = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/assignment/cases.json.gz', import.meta.url))).toString(),
)

/** Matrices in which ties are rare, frequent, and those of a dispatcher: few costs, many of them a penalty. */
const cost = fc.oneof(
  fc.constant(fc.double({ min: 0, max: 1, noNaN: true })),
  fc.constant(fc.integer({ min: 0, max: 4 })),
  fc.constant(fc.integer({ min: -3, max: 3 }).map((x) => x / 10)),
  fc.constant(fc.constantFrom(0.1, 0.2, 0.30000000000000004, 3500, 1750, 71.798, 71.797)),
  fc.constant(fc.constantFrom(0, 1, 2, Infinity)),
  fc.constant(fc.double({ min: -1e300, max: 1e300, noNaN: true })),
  fc.constant(fc.constantFrom(5e-324, 1e-323, 2.5e-323, -5e-324, 0, -0)),
)

const size = fc.integer({ min: 1, max: 40 })

const problem: fc.Arbitrary<AssignmentProblem> = fc
  .tuple(cost, size, size)
  .chain(([one, rows, cols]) =>
    fc
      .array(one, { minLength: rows * cols, maxLength: rows * cols })
      .map((costs) => ({ cost: Float64Array.from(costs), rows, cols })),
  )

describe.each(backends)('assignment, %s', (_, kernel) => {
  it('returns the assignments of scipy, ties included', () => {
    for (const { rows, cols, cost, pairs, total } of golden) {
      const found = kernel.assign({ cost: Float64Array.from(cost), rows, cols })
      expect([[...found.rows], [...found.cols]]).toEqual(pairs)
      expect(Math.abs(found.total - total)).toBeLessThanOrEqual(1e-12 * Math.abs(total))
    }
  })

  it('returns potentials that prove every golden case optimal', () => {
    for (const { rows, cols, cost } of golden) {
      const given = { cost: Float64Array.from(cost), rows, cols }
      expect(faults(given, kernel.assign(given))).toEqual([])
    }
  })

  it('assigns equal costs along the diagonal', () => {
    for (const [rows, cols] of [
      [1, 1],
      [3, 7],
      [40, 40],
      [70, 33],
    ]) {
      const found = kernel.assign({ cost: new Float64Array(rows * cols).fill(2), rows, cols })
      const diagonal = Array.from({ length: Math.min(rows, cols) }, (_, i) => i)
      expect([[...found.rows], [...found.cols]]).toEqual([diagonal, diagonal])
    }
  })

  it('assigns empty, single and extreme matrices', () => {
    const pairs = (cost: number[], rows: number, cols: number) => {
      const found = kernel.assign({ cost: Float64Array.from(cost), rows, cols })
      return [found.status, [...found.rows], [...found.cols], found.total]
    }
    expect(pairs([], 0, 0)).toEqual(['assigned', [], [], 0])
    expect(pairs([], 0, 5)).toEqual(['assigned', [], [], 0])
    expect(pairs([], 5, 0)).toEqual(['assigned', [], [], 0])
    expect([...kernel.assign({ cost: new Float64Array(), rows: 0, cols: 3 }).colPotential]).toEqual([0, 0, 0])
    expect(pairs([-7], 1, 1)).toEqual(['assigned', [0], [0], -7])
    expect(pairs([3, 1, 1, 2], 1, 4)).toEqual(['assigned', [0], [1], 1])
    expect(pairs([3, 1, 1, 2], 4, 1)).toEqual(['assigned', [1], [0], 1])
    expect(pairs([1e300, 2e300, 2e300, 1e300], 2, 2)).toEqual(['assigned', [0, 1], [0, 1], 2e300])
    expect(pairs([5e-324, 1e-323, 1e-323, 5e-324], 2, 2)).toEqual(['assigned', [0, 1], [0, 1], 1e-323])
  })

  it('avoids forbidden pairs, or returns infeasible', () => {
    const f = Infinity
    const found = kernel.assign({ cost: Float64Array.of(1, f, f, 1, 2, f, 5, 5, 9), rows: 3, cols: 3 })
    expect([...found.cols]).toEqual([0, 1, 2])
    for (const [costs, rows, cols] of [
      [[f], 1, 1],
      [[1, f, 1, f], 2, 2],
      [[1, f, f, 2, f, f, 3, 4, 5], 3, 3],
    ] as const) {
      const none = kernel.assign({ cost: Float64Array.from(costs), rows, cols })
      expect(none.status).toBe('infeasible')
      expect([none.total, none.rows.length, none.rowPotential.length]).toEqual([Infinity, 0, 0])
    }
    // an infeasible problem leaves no state behind
    expect(kernel.assign({ cost: new Float64Array(9), rows: 3, cols: 3 }).total).toBe(0)
  })

  it('returns potentials that prove any assignment optimal', () => {
    fc.assert(
      fc.property(problem, (given) => {
        const found = kernel.assign(given)
        if (found.status === 'assigned') expect(faults(given, found)).toEqual([])
        else expect(given.cost.includes(Infinity)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('keeps its total when rows are reversed or the matrix transposed, and adds a constant of a row to it', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(size, size, fc.integer({ min: 1, max: 2 ** 31 }))
          .chain(([rows, cols, seed]) =>
            fc.tuple(
              fc.constant({ cost: integers(rows, cols, seed), rows, cols }),
              fc.integer({ min: 0, max: rows - 1 }),
              fc.integer({ min: -9, max: 9 }),
            ),
          ),
        ([given, row, constant]) => {
          const { cost, rows, cols } = given
          const total = kernel.assign(given).total
          const reversed = Float64Array.from(
            cost,
            (_, i) => cost[(rows - 1 - Math.floor(i / cols)) * cols + (i % cols)],
          )
          expect(kernel.assign({ cost: reversed, rows, cols }).total).toBe(total)
          const transposed = Float64Array.from(cost, (_, i) => cost[(i % rows) * cols + Math.floor(i / rows)])
          expect(kernel.assign({ cost: transposed, rows: cols, cols: rows }).total).toBe(total)
          if (rows > cols) return
          const raised = cost.map((c, i) => (Math.floor(i / cols) === row ? c + constant : c))
          expect(kernel.assign({ cost: raised, rows, cols }).total).toBe(total + constant)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe.each(wasmBackends)('assignment, %s against the fallback', (_, kernel) => {
  it('agrees bit for bit', () => {
    fc.assert(
      fc.property(problem, (given) => {
        expect(kernel.assign(given)).toEqual(fallback.assign(given))
      }),
      { numRuns: 400 },
    )
  })

  it('agrees on more columns than a block has', () => {
    for (const [rows, cols, seed] of [
      [90, 45, 1],
      [33, 200, 2],
      [150, 150, 3],
      [5, 131, 4],
    ]) {
      for (const given of [
        { cost: integers(rows, cols, seed), rows, cols },
        { cost: integers(rows, cols, seed).map((x) => (x > 5 ? 3500 : x * 0.1)), rows, cols },
        { cost: integers(rows, cols, seed).map((x, i) => x + ((i * 7919) % 1009) / 1009), rows, cols },
      ]) {
        expect(kernel.assign(given)).toEqual(fallback.assign(given))
      }
    }
  })
})

/** Small whole numbers, the same for the same seed. */
function integers(rows: number, cols: number, seed: number): Float64Array {
  let state = seed
  return Float64Array.from({ length: rows * cols }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 16) % 10
  })
}
