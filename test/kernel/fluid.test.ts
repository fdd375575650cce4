import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certify, overstep } from '../../src/bound/certificate.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { FluidProgram, Kernel } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'
import { backends, wasmBackends } from './backends.ts'
import { fluidLp, highs } from './fluid-highs.ts'
import { leastMissed, questions } from './fluid-programs.ts'

const types = PUBLISHED_SPACE.types.map(({ name }) => name)

/** Bounds of the published space computed by another program: counts and queries a second. */
function golden(model: string): { counts: number[]; bound: number }[] {
  const text = readFileSync(new URL(`../fixtures/fluid/${model}.csv`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [counts, bound] = line.split(',')
      return { counts: counts.split(' ').map(Number), bound: Number(bound) }
    })
}

/** Bounds of a list of configurations, each with the certificate of its prices. */
function bounded(kernel: Kernel, program: FluidProgram, list: number[][]) {
  const { bound, price, violationPrice } = kernel.fluidBounds({
    program,
    counts: Float64Array.from(list.flat()),
  })
  return list.map((counts, i) => {
    const claim = {
      bound: bound[i],
      price: price.slice(i * counts.length, (i + 1) * counts.length),
      violationPrice: violationPrice[i],
    }
    return { ...claim, proof: certify(program, Float64Array.from(counts), claim) }
  })
}

const boundOf = (kernel: Kernel, program: FluidProgram, counts: ArrayLike<number>) =>
  kernel.fluidBounds({ program, counts: Float64Array.from(counts) }).bound[0]

describe.each(backends)('%s', (_name, kernel) => {
  test('bounds in steps are those of the whole list, bit by bit, beside other calls', async () => {
    const program = fluidProgram(await readWorkload('rm2'), types)
    const list = golden('rm2').filter((_, i) => i % 4 === 0)
    const whole = kernel.fluidBounds({
      program,
      counts: Float64Array.from(list.flatMap((row) => row.counts)),
    })
    const lists = kernel.createBounds(program)
    // what a list leaves does not count for the next one
    lists.begin()(Float64Array.from(list[list.length - 1].counts))
    const boundMore = lists.begin()
    const found = { bound: [] as number[], price: [] as number[], violationPrice: [] as number[] }
    for (let from = 0; from < list.length; from += 7) {
      const part = list.slice(from, from + 7).flatMap((row) => row.counts)
      const { bound, price, violationPrice } = boundMore(Float64Array.from(part))
      found.bound.push(...bound)
      found.price.push(...price)
      found.violationPrice.push(...violationPrice)
      boundOf(kernel, program, [1, 1, 1, 1])
    }
    expect(found).toEqual({
      bound: Array.from(whole.bound),
      price: Array.from(whole.price),
      violationPrice: Array.from(whole.violationPrice),
    })
  })

  test.each(['rm2', 'mtwnd'])(
    'bounds of %s equal those computed by another program, with a certificate',
    async (model) => {
      const program = fluidProgram(await readWorkload(model), types)
      const rows = golden(model)
      const found = bounded(
        kernel,
        program,
        rows.map(({ counts }) => counts),
      )
      rows.forEach(({ bound, counts }, i) => {
        if (bound === 0) {
          expect(found[i].bound).toBe(0)
          return
        }
        // the figures have ten decimals
        expect(Math.abs(found[i].bound - bound) / bound, String(counts)).toBeLessThan(1e-9)
        expect(found[i].proof.infeasibility).toBeLessThan(1e-9)
        expect(found[i].proof.gap).toBeLessThan(1e-9)
      })
    },
  )

  test('the bound of a single type is its rate on the whole mix', () => {
    const program = {
      probability: Float64Array.of(0.5, 0, 0.5),
      service: Float64Array.of(10, 5, 30),
      violation: Float64Array.of(0, 1, 0),
      epsilon: 0.01,
    }
    const { bound, price, violationPrice } = kernel.fluidBounds({ program, counts: Float64Array.of(4) })
    expect(bound[0]).toBeCloseTo(200, 9)
    expect(price[0]).toBeCloseTo(50, 9)
    expect(violationPrice[0]).toBeCloseTo(0, 9)
  })

  test.each([1e-3, 1, 1e3, 1e6])(
    'a bound has as many correct digits if services are %d times as long',
    (factor) => {
      const program = {
        probability: Float64Array.of(0.3, 0.7),
        service: Float64Array.of(7, 130, 20, 60).map((ms) => factor * ms),
        violation: Float64Array.of(0, 0.02, 0, 0.004),
        epsilon: 0.01,
      }
      const [{ bound, proof }] = bounded(kernel, program, [[2, 3]])
      const [{ bound: usual }] = bounded(kernel, { ...program, service: Float64Array.of(7, 130, 20, 60) }, [
        [2, 3],
      ])
      expect(Math.abs((bound * factor) / usual - 1)).toBeLessThan(1e-10)
      expect(proof.gap).toBeLessThan(1e-9)
    },
  )

  test('a type without instances takes no part, however fast it is', () => {
    const program = {
      probability: Float64Array.of(0.25, 0.75),
      service: Float64Array.of(1e-3, 1e-3, 3e4, 7e4),
      violation: new Float64Array(4),
      epsilon: 0.01,
    }
    const { bound } = kernel.fluidBounds({ program, counts: Float64Array.of(0, 1) })
    expect(Math.abs(bound[0] / (1000 / 6e4) - 1)).toBeLessThan(1e-9)
  })

  test('a fast type that is always late gets the share that the violation budget allows', () => {
    const program = {
      probability: Float64Array.of(1),
      service: Float64Array.of(1, 100),
      violation: Float64Array.of(1, 0),
      epsilon: 0.25,
    }
    // a quarter may go to the first: 10 / 0.75 = 13.3 of the hundredths that the second serves a second
    const { bound, share } = kernel.fluidRouting({ program, counts: Float64Array.of(1, 1) })
    expect(bound).toBeCloseTo(40 / 3, 7)
    expect(share[0]).toBeCloseTo(0.25, 9)
    expect(share[1]).toBeCloseTo(0.75, 9)
  })

  test.each([
    ['is 0 without an instance', 0.01, [0, 0], 0],
    ['is 0 with only a type that is always late', 0.5, [3, 0], 0],
    ['uses no type that is late if none may be', 0, [3, 1], 10],
    ['is that of one type if all may be late', 1, [0, 1], 10],
  ])('the bound %s', (_what, epsilon, counts, bound) => {
    const program = {
      probability: Float64Array.of(1),
      service: Float64Array.of(1, 100),
      violation: Float64Array.of(1, 0),
      epsilon,
    }
    expect(boundOf(kernel, program, counts)).toBeCloseTo(bound, 9)
  })

  test('a violation budget that the most careful routing uses up exactly is feasible', () => {
    const program = {
      probability: Float64Array.of(0.5, 0.5),
      service: Float64Array.of(10, 10, 10, 10),
      violation: Float64Array.of(0.5, 0, 1, 0.75),
      epsilon: 0.25,
    }
    const counts = Float64Array.of(1, 2)
    const routing = kernel.fluidRouting({ program, counts })
    expect(routing.bound).toBeCloseTo(100, 9)
    expect(overstep(program, counts, routing)).toBeLessThan(1e-9)
    expect(boundOf(kernel, { ...program, epsilon: 0.2499 }, counts)).toBe(0)
  })

  test('a routing attains the bound, and its prices prove it', () => {
    fc.assert(
      fc.property(questions(), ({ program, counts }) => {
        const routing = kernel.fluidRouting({ program, counts })
        fc.pre(routing.bound > 0)
        const proof = certify(program, counts, routing)
        expect(proof.infeasibility).toBeLessThan(1e-7)
        expect(proof.gap).toBeLessThan(1e-7)
        expect(overstep(program, counts, routing)).toBeLessThan(1e-7)
      }),
      { numRuns: 400 },
    )
  })
})

describe.each(wasmBackends)('%s', (_name, kernel) => {
  test('bounds equal those of the fallback and of HiGHS', () => {
    fc.assert(
      fc.property(questions(), ({ program, counts }) => {
        const bound = boundOf(kernel, program, counts)
        const ofFallback = boundOf(loadKernel('fallback'), program, counts)
        expect(Math.abs(ofFallback - bound)).toBeLessThanOrEqual(1e-9 * bound)
        const { Status, ObjectiveValue } = highs.solve(fluidLp(program, counts), { output_flag: false })
        const isFeasible = leastMissed(program, counts) <= program.epsilon + 1e-12
        if (counts.some((count) => count > 0) && isFeasible) {
          expect(Status).toBe('Optimal')
          expect(Math.abs(bound - ObjectiveValue)).toBeLessThan(1e-6 * (1 + bound))
        } else expect(bound).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('a bound is 0 exactly if even the most careful routing misses the percentile', () => {
    fc.assert(
      fc.property(questions(), ({ program, counts }) => {
        const isServed = counts.some((count) => count > 0)
        const isFeasible = isServed && leastMissed(program, counts) <= program.epsilon + 1e-12
        expect(boundOf(kernel, program, counts) > 0).toBe(isFeasible)
      }),
    )
  })

  const count = fc.nat({ max: 8 * 64 }).map((n) => n / 64)
  const part = fc.nat({ max: 16 }).map((n) => n / 16)
  const fractional = questions(5, count)

  test('one more instance never lowers the bound', () => {
    fc.assert(
      fc.property(fractional, fc.nat(), ({ program, counts, types }, which) => {
        const more = counts.slice()
        more[which % types] += 1
        expect(boundOf(kernel, program, more)).toBeGreaterThanOrEqual(boundOf(kernel, program, counts))
      }),
    )
  })

  test('the bound is concave along segments between feasible configurations', () => {
    fc.assert(
      fc.property(
        fractional,
        fc.array(count, { minLength: 6, maxLength: 6 }),
        part,
        ({ program, counts }, others, part) => {
          const other = counts.map((_, t) => others[t])
          const between = counts.map((count, t) => part * count + (1 - part) * other[t])
          const [a, b, c] = [counts, other, between].map((list) => boundOf(kernel, program, list))
          expect(c).toBeGreaterThanOrEqual((part * a + (1 - part) * b) * (1 - 1e-12))
        },
      ),
    )
  })

  test('twice the instances give exactly twice the bound', () => {
    fc.assert(
      fc.property(fractional, ({ program, counts }) => {
        const twice = counts.map((count) => 2 * count)
        expect(boundOf(kernel, program, twice)).toBe(2 * boundOf(kernel, program, counts))
      }),
    )
  })

  test('splitting a type into two equal ones does not change the bound', () => {
    fc.assert(
      fc.property(questions(), fc.nat(), part, ({ program, counts, types }, t, part) => {
        const split = t % types
        const bins = program.probability.length
        const rowOf = (table: Float64Array) => table.subarray(split * bins, (split + 1) * bins)
        const wider = {
          ...program,
          service: Float64Array.of(...program.service, ...rowOf(program.service)),
          violation: Float64Array.of(...program.violation, ...rowOf(program.violation)),
        }
        const divided = [...counts, counts[split] * (1 - part)]
        divided[split] *= part
        const bound = boundOf(kernel, program, counts)
        expect(Math.abs(boundOf(kernel, wider, divided) - bound)).toBeLessThanOrEqual(1e-12 * bound)
      }),
    )
  })

  test('the bound is at most the sum over the types of the rate on their fastest bin', () => {
    fc.assert(
      fc.property(questions(), ({ program, counts }) => {
        const { probability, service } = program
        const bins = probability.length
        const asked = Array.from(probability.keys()).filter((k) => probability[k] > 0)
        const best = counts.reduce((sum, count, t) => {
          return sum + count * Math.max(...asked.map((k) => 1000 / service[t * bins + k]))
        }, 0)
        expect(boundOf(kernel, program, counts)).toBeLessThanOrEqual(best * (1 + 1e-12))
      }),
    )
  })

  test('bounds do not depend on the order of the list, bit for bit', () => {
    fc.assert(
      fc.property(
        questions(),
        fc.array(fc.array(fc.nat({ max: 4 }), { minLength: 6, maxLength: 6 }), {
          minLength: 2,
          maxLength: 12,
        }),
        ({ program, types }, list) => {
          const rows = list.map((counts) => counts.slice(0, types))
          const apart = rows.map((counts) => boundOf(kernel, program, counts))
          expect(Array.from(boundsOf(kernel, program, rows))).toEqual(apart)
          expect(Array.from(boundsOf(kernel, program, rows.toReversed())).toReversed()).toEqual(apart)
        },
      ),
    )
  })

  test('the solver ends with a certificate if many types and bins are tied', () => {
    for (const [types, bins] of [
      [16, 100],
      [12, 1000],
      [16, 1],
    ]) {
      for (const kind of ['same', 'proportional', 'steps'] as const) {
        const cells = Array.from({ length: types * bins }, (_, i) => [Math.floor(i / bins), i % bins])
        const program = {
          probability: new Float64Array(bins).fill(1 / bins),
          service: Float64Array.from(cells, ([t, k]) => {
            if (kind === 'same') return 1 + k
            return kind === 'proportional' ? (1 + t) * (1 + k) : 1 + ((t * 7 + k * 13) % 3)
          }),
          violation: Float64Array.from(cells, ([t, k]) => (k >= (bins * (t + 1)) / types ? 1 : 0)),
          epsilon: 0.05,
        }
        const counts = Float64Array.from({ length: types }, (_, t) => (t * 5) % 4)
        counts[types - 1] = 2
        const routing = kernel.fluidRouting({ program, counts })
        const proof = certify(program, counts, routing)
        expect(routing.bound).toBeGreaterThan(0)
        expect(proof.infeasibility).toBeLessThan(1e-11)
        expect(proof.gap).toBeLessThan(1e-11)
        expect(overstep(program, counts, routing)).toBeLessThan(1e-11)
      }
    }
  })
})

function boundsOf(kernel: Kernel, program: FluidProgram, rows: number[][]): Float64Array {
  return kernel.fluidBounds({ program, counts: Float64Array.from(rows.flat()) }).bound
}
