import { expect, test } from 'vitest'
import { fluidBound } from '../../src/bound/fluid.ts'
import { boundsOfLattice } from '../../src/plan/capacities.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { wasmBackends } from '../kernel/backends.ts'

const [[, wasm]] = wasmBackends
const workload = smallWorkload()

test('each configuration of thousands has its own bound, the last type fastest', () => {
  const type = (name: string, max: number) => ({ name, min: 0, max, pricePerHour: 1, base: false })
  const space = { types: [type('fast', 99), type('slow', 59)], budgetPerHour: 1e6 }
  const bounds = boundsOfLattice(wasm, workload, space)
  expect(bounds).toHaveLength(6000)
  for (const counts of [
    [0, 0],
    [0, 59],
    [68, 15],
    [68, 16],
    [99, 59],
  ]) {
    const expected = fluidBound(workload, ['fast', 'slow'], counts)
    expect(bounds[60 * counts[0] + counts[1]]).toBeCloseTo(expected, 6)
  }
})

test('a million configurations are possible, and no more', () => {
  const bounds = ({ counts }: { counts: Float64Array }) => ({ bound: new Float64Array(counts.length / 2) })
  const kernel = { ...wasm, fluidBounds: bounds as unknown as typeof wasm.fluidBounds }
  const space = (max: number) => ({
    types: ['fast', 'slow'].map((name) => ({ name, min: 0, max, pricePerHour: 1, base: false })),
    budgetPerHour: 1e6,
  })
  expect(boundsOfLattice(kernel, workload, space(999))).toHaveLength(1e6)
  expect(() => boundsOfLattice(kernel, workload, space(1000))).toThrow(
    /space: the space has 1.0e\+6 configurations, a plan takes up to 1000000; lower the budget/,
  )
})
