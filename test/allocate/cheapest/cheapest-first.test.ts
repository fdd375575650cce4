import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomSpace } from '../../../bench/suites/cheapest/spaces.ts'
import { cheapestFirst } from '../../../src/allocate/cheapest/cheapest-first.ts'
import { cheapestRows } from '../../../src/allocate/cheapest/cheapest-rows.ts'
import { compareByCost } from '../../../src/allocate/cheapest/found-rows.ts'
import { afterLosses } from '../../../src/allocate/cheapest/losses.ts'
import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'
import { relax } from '../../../src/allocate/select/relaxation.ts'
import { selectSetting } from '../../../src/allocate/select/setting.ts'
import type { Rank } from '../../../src/kernel/contract.ts'
import { costOf, countsAt } from '../../../src/kernel/lattice.ts'
import { highs } from '../../kernel/fluid-highs.ts'
import { randomSpaces } from '../select/random-space.ts'
import { withTwin } from '../select/twin.ts'

const setting = selectSetting({ kernel: 'wasm', threads: 1 })

async function firstRows(
  space: FluidSpace,
  targetQps: number,
  spare: number,
  most: number,
  search = cheapestFirst,
): Promise<Rank[]> {
  const rows: Rank[] = []
  for await (const row of search({ ...space, targetQps, spare }, setting).rows) {
    if (rows.push(row) === most) break
  }
  return rows
}

/** All rows by enumeration. */
function enumerated({ lattice, program, size }: FluidSpace, targetQps: number, spare: number): Rank[] {
  const boundsOf = (counts: readonly (readonly number[])[]) =>
    setting.here.fluidBounds({ program, counts: Float64Array.from(counts.flat()) }).bound
  const rows: Rank[] = []
  for (let number = 0; number < size; number++) {
    const counts = countsAt(lattice, number)
    const cost = costOf(lattice, counts)
    const left = afterLosses(counts, spare)
    if (cost > lattice.budget || left.length === 0) continue
    if (boundsOf(left).every((bound) => bound >= targetQps))
      rows.push({ bound: boundsOf([counts])[0], cost, number })
  }
  return rows.sort(compareByCost)
}

const question = fc.record({
  space: randomSpaces([0.1, 0.2, 0.3, 0.7, 1.9, 4], 4, 30),
  share: fc.double({ min: 0.01, max: 1.05, noNaN: true }),
  spare: fc.nat({ max: 3 }),
})

test('finds all rows of an enumeration in their order, with and without spares', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(question, async ({ space, share, spare }) => {
      const ceiling = Math.max(0.1, ...enumerated(space, 1e-9, 0).map(({ bound }) => bound))
      const expected = enumerated(space, share * ceiling, spare)
      if (expected.length > 0) answered++
      expect(await firstRows(space, share * ceiling, spare, Infinity)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
  expect(answered).toBeGreaterThan(50)
})

test('types that differ in their names only are searched as one: all rows, ties by their numbers', async () => {
  let shared = 0
  await fc.assert(
    fc.asyncProperty(
      question,
      fc.nat({ max: 1 }),
      fc.nat({ max: 3 }),
      async ({ space, share, spare }, min, more) => {
        const own = withTwin(space, min, more)
        const ceiling = Math.max(0.1, ...enumerated(own, 1e-9, 0).map(({ bound }) => bound))
        const expected = enumerated(own, share * ceiling, spare)
        const found = await firstRows(own, share * ceiling, spare, Infinity, cheapestRows)
        // bounds and sums of prices of equal rows may differ in their last digits
        const rounded = (rows: readonly Rank[]) =>
          rows
            .map(({ bound, cost, number }) => ({
              bound: bound.toPrecision(9),
              cost: cost.toPrecision(9),
              number,
            }))
            .toSorted((a, b) => +a.cost - +b.cost || +b.bound - +a.bound || a.number - b.number)
        expect(rounded(found)).toEqual(rounded(expected))
        found.forEach((row, i) => {
          const before = found[i - 1]
          if (i === 0 || before.bound !== row.bound || before.cost !== row.cost) return
          shared++
          expect(row.number).toBeGreaterThan(before.number)
        })
      },
    ),
    { numRuns: 200 },
  )
  expect(shared).toBeGreaterThan(100)
})

test('one machine in eight zones at one price is searched at once', async () => {
  const [bins, zones] = [3, 8]
  const each = <T>(value: T) => Array.from({ length: zones }, () => value)
  const space: FluidSpace = {
    lattice: {
      ...{ min: Float64Array.from(each(0)), size: Float64Array.from(each(51)) },
      ...{ price: Float64Array.from(each(0.5)), budget: 200 },
    },
    program: {
      probability: Float64Array.of(0.5, 0.3, 0.2),
      service: Float64Array.from(each([20, 30, 50]).flat()),
      violation: new Float64Array(bins * zones),
      epsilon: 0.01,
    },
    size: 51 ** zones,
  }
  // 29 ms a query: 1,000 a second need 29 instances
  const rows = await firstRows(space, 1000, 0, 3, cheapestRows)
  expect(rows.map(({ number }) => countsAt(space.lattice, number))).toEqual([
    [0, 0, 0, 0, 0, 0, 0, 29],
    [0, 0, 0, 0, 0, 0, 1, 28],
    [0, 0, 0, 0, 0, 0, 2, 27],
  ])
  expect(rows.map(({ cost }) => cost)).toEqual([14.5, 14.5, 14.5])
})

test('a target that a row reaches exactly is reached', async () => {
  const space = randomSpace(2, 3, 4)
  const all = enumerated(space, 1e-9, 0)
  const exact = all[all.length >> 1].bound
  expect(await firstRows(space, exact, 0, Infinity)).toEqual(enumerated(space, exact, 0))
})

/** The least cost of a configuration that reaches a rate after no loss, as a mixed integer program. */
function leastCostByHighs({ lattice, program }: FluidSpace, targetQps: number): number {
  const { probability, service, violation, epsilon } = program
  const types = Array.from(lattice.price.keys())
  const bins = Array.from(probability.keys())
  const at = (t: number, k: number) => t * bins.length + k
  const sum = (terms: string[]) => terms.join(' + ')
  const lines = [
    `Minimize\n cost: ${sum(types.map((t) => `${lattice.price[t]} n${t}`))}\nSubject To`,
    ...bins.map((k) => ` bin${k}: ${sum(types.map((t) => `x${t}_${k}`))} = ${probability[k]}`),
    ...types.map(
      (t) =>
        ` type${t}: ${sum(bins.map((k) => `${(service[at(t, k)] * targetQps) / 1000} x${t}_${k}`))} - 1 n${t} <= 0`,
    ),
    ` misses: ${sum(types.flatMap((t) => bins.map((k) => `${violation[at(t, k)]} x${t}_${k}`)))} <= ${epsilon}`,
    `Bounds\n${types.map((t) => ` ${lattice.min[t]} <= n${t} <= ${lattice.min[t] + lattice.size[t] - 1}`).join('\n')}`,
    `General\n ${types.map((t) => `n${t}`).join(' ')}\nEnd`,
  ]
  const { Status, ObjectiveValue } = highs.solve(lines.join('\n'), { output_flag: false, mip_rel_gap: 0 })
  if (Status !== 'Optimal') throw new Error(`HiGHS: ${Status}`)
  return ObjectiveValue
}

describe.each([1, 2, 3, 4, 5, 6])('8 types x 0 to 50, random space %i', (seed) => {
  test('the first row costs what a mixed integer program finds', async () => {
    const space = randomSpace(seed)
    const targetQps = 0.5 * relax(setting.here, space).ceiling
    const [first] = await firstRows(space, targetQps, 0, 1)
    const least = leastCostByHighs(space, targetQps)
    expect(first.bound).toBeGreaterThanOrEqual(targetQps)
    expect(Math.abs(first.cost - least)).toBeLessThan(1e-6 * least)
  })
})
