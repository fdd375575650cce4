/** Tables may have more types than a space: bounds are those of the types that have instances. */
import { describe, expect, test } from 'vitest'
import { fluidBound } from '../../src/bound/fluid.ts'
import type { KernelName } from '../../src/kernel/contract.ts'
import { MAX_TYPES } from '../../src/model/checks.ts'
import { rowsOf } from '../../src/model/workload/latency-table.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { comparePolicies } from '../../src/replay/compare-policies.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

/** The table of the small workload, its types again and again under other names: fast, slow, fast2, slow2, ... */
function manyTypes(times: number): Workload {
  const small = smallWorkload()
  const { types, batchSizes, levels, meanMs, knotsMs, samples } = small.latency
  const rows = Array.from({ length: times * types.length }, (_, i) => i % types.length)
  const bins = batchSizes.length
  const names = rows.map((row, i) => types[row] + (i < types.length ? '' : 1 + Math.floor(i / types.length)))
  const latency = {
    ...{ types: names, batchSizes, levels },
    samples: rowsOf(samples, rows, bins),
    meanMs: rowsOf(meanMs, rows, bins),
    knotsMs: rowsOf(knotsMs, rows, bins * levels.length),
  }
  return { ...small, latency }
}

const many = manyTypes(20)
const { types } = many.latency
const measurement = { queries: 200, repeats: 2, threads: 1 }

/** One instance of each of the first types, two of the last one. */
const countsOf = (used: number) => types.map((_, t) => (t < used - 1 ? 1 : t === types.length - 1 ? 2 : 0))

describe('40 types in the table, 3 of them in use', () => {
  const fleet = { workload: many, types, counts: countsOf(3) }
  const alone = { workload: smallWorkload(), types: ['fast', 'slow'], counts: [1, 3] }

  test.each<KernelName>(['wasm', 'fallback'])('%s: the bound is that of a table of these types', (kernel) => {
    const bound = fluidBound(many, types, fleet.counts, { kernel })
    expect(bound).toBeCloseTo(fluidBound(alone.workload, alone.types, alone.counts, { kernel }), 9)
    const slots = types.map((_, t) => (t === 1 ? 4 : 1))
    const more = countsOf(3).map((count, t) => (t === 1 ? 4 * count : count))
    expect(fluidBound(many, types, fleet.counts, { kernel, slots })).toBeCloseTo(
      fluidBound(many, types, more, { kernel }),
      9,
    )
  })

  test('as many queries are replayed, of the same bound, as with a table of these types', async () => {
    const [measured, expected] = await Promise.all(
      [fleet, alone].map((one) => allowableThroughput({ ...one, repeats: 1, threads: 1, policy: 'fcfs' })),
    )
    expect(measured.queries).toBe(expected.queries)
    expect(measured.bounds[0]).toBeCloseTo(expected.bounds[0], 5)
  })

  test('policies are compared with this bound', async () => {
    const [found, expected] = await Promise.all(
      [fleet, alone].map((one) => comparePolicies({ ...one, ...measurement, policies: ['fcfs'] })),
    )
    expect(found.capacity.bound).toBeCloseTo(expected.capacity.bound, 5)
  })
})

describe('more types in use than bounds are computed for', () => {
  const fleet = { workload: many, types, counts: countsOf(MAX_TYPES + 1) }
  const refusal = {
    code: 'TOO_LARGE',
    message: 'counts: has instances of 17 types; bounds are computed for at most 16: use fewer types',
  }

  test('are refused before a replay', async () => {
    expect(() => fluidBound(many, types, fleet.counts)).toThrowError(expect.objectContaining(refusal))
    await expect(allowableThroughput({ ...fleet, ...measurement })).rejects.toMatchObject(refusal)
    await expect(comparePolicies({ ...fleet, ...measurement })).rejects.toMatchObject(refusal)
  })

  test('as many as bounds are computed for are taken', async () => {
    const { ofBound } = await allowableThroughput({ ...fleet, ...measurement, counts: countsOf(MAX_TYPES) })
    expect(ofBound?.mean).toBeGreaterThan(0.1)
  })
})
