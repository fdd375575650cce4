import { expect, test, vi } from 'vitest'
import type { Repetition } from '../../src/replay/repetition.ts'
import { openTrials, type TrialLog } from '../../src/replay/trials.ts'

const version = vi.hoisted(() => ({ digest: 'one' }))
vi.mock('../../src/kernel/load.ts', () => ({
  kernelDigest: () => version.digest,
  loadKernel: () => ({ replay: ({ rate }: { rate: number }) => ({ stopped: rate > 10 }) }),
}))

const repetition = (key: string) =>
  ({ inputAt: (rate: number) => ({ rate }), firstRate: 10, key: () => key }) as unknown as Repetition

test('what is remembered counts for the same repetition, rate and kernels only', async () => {
  const kept = new Map<string, boolean>()
  let added = 0
  const log: TrialLog = {
    find: (key, rate) => kept.get(`${key} ${rate}`),
    add: (key, rate, holds) => {
      added++
      kept.set(`${key} ${rate}`, holds)
    },
  }
  const trials = await openTrials({ threads: 1, log })
  const ask = async (key: string, rate: number) => [await trials.holds(repetition(key), rate), added]
  expect(await ask('a', 9)).toEqual([true, 1])
  expect(await ask('a', 9)).toEqual([true, 1])
  expect(await ask('a', 11)).toEqual([false, 2])
  expect(await ask('b', 9)).toEqual([true, 3])
  version.digest = 'two'
  expect(await ask('a', 9)).toEqual([true, 4])
  version.digest = 'one'
  expect(await ask('b', 9)).toEqual([true, 4])
})
