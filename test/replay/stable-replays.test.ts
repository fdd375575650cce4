/** The rules about growing queues and parked queries: what they refuse of short stable replays and of overloads. */
import { describe, expect, test } from 'vitest'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { prepare } from '../../src/replay/input.ts'
import { isGrowing } from '../../src/replay/queue.ts'
import { drawsOf, repetitionOf } from '../../src/replay/repetition.ts'

const TYPES = ['g4dn.xlarge', 'r5n.large']
const SEEDS = 60

/** Replays of Poisson arrivals at a share of the bound, one for each seed, that go on however many are late. */
async function replays(model: string, counts: number[], policy: string, queries: number, share: number) {
  const workload = await readWorkload(model)
  const kernel = loadKernel('wasm')
  const prepared = prepare({ workload, types: TYPES, counts, policy })
  return Array.from({ length: SEEDS }, (_, seed) => {
    const draws = drawsOf({ workload, policy, arrivals: 'poisson', queries }, seed)
    const repetition = repetitionOf(prepared, draws)
    const input = repetition.inputAt(share * repetition.bound())
    const { most, volume } = input.parking!
    const outcome = kernel.replay({
      ...input,
      stopAfterViolations: queries,
      parking: { volume, most: Infinity },
    })
    const quarterMs = (input.arrivalMs[queries - 1] - input.arrivalMs[0]) / 4
    const lengths = outcome.waitedMs.map((ms) => ms / quarterMs)
    return {
      isLate: outcome.violations > draws.allowedViolations,
      isGrowing: isGrowing(lengths, queries, input.instanceType.length),
      isParking: outcome.parked > most,
    }
  })
}

describe.each([
  ['rm2', [1, 13], 'priced'],
  ['rm2', [1, 13], 'fcfs'],
  ['mtwnd', [2, 9], 'deadline'],
])('%s on %j under %s', (model, counts, policy) => {
  test.each([500, 2000, 5000])(
    '%i queries at 80% of the bound: hardly one is refused as an overload',
    async (queries) => {
      const found = await replays(model, counts, policy, queries, 0.8)
      expect(found.filter(({ isGrowing }) => isGrowing)).toEqual([])
      // late queries that happen to wait at the last arrival: 1% of such replays
      expect(found.filter(({ isLate, isParking }) => isParking && !isLate).length).toBeLessThanOrEqual(3)
    },
  )

  test('5,000 queries at 115% of the bound: none passes', async () => {
    const found = await replays(model, counts, policy, 5000, 1.15)
    expect(found.filter(({ isLate, isGrowing, isParking }) => !(isLate || isGrowing || isParking))).toEqual(
      [],
    )
  })
})

test('an overload of 5% is a growing queue in every longer replay', async () => {
  const found = await replays('rm2', [1, 13], 'fcfs', 20_000, 1.05)
  expect(found.filter(({ isGrowing }) => !isGrowing)).toEqual([])
})
