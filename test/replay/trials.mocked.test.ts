import { expect, test, vi } from 'vitest'
import type { Repetition } from '../../src/replay/repetition.ts'
import { openTrials, type TrialLog } from '../../src/replay/trials.ts'

const version = vi.hoisted(() => ({ digest: 'one' }))
vi.mock('../../src/kernel/load.ts', () => ({
  engineDigest: () => version.digest,
  loadKernel: () => ({
    // three queries; the last one starts some time after it arrives, and takes long
    replay: ({ rate, lateMs = 0, served = 3, lengths = [0, 0, 0, 0] }: Mocked) => ({
      ...{ stopped: rate > 10, served, lastStartMs: 3000 + lateMs, lastFinishMs: 9000 },
      waitedMs: Float64Array.from(lengths, (length) => 750 * length),
    }),
  }),
}))

interface Mocked {
  readonly rate: number
  readonly lateMs?: number
  readonly served?: number
  /** The mean length of the queue in each quarter. */
  readonly lengths?: number[]
}

const repetition = (key: string) => repetitionOf(key, {})

const repetitionOf = (key: string, more: Partial<Mocked>) =>
  ({
    inputAt: (rate: number) => ({
      rate,
      arrivalMs: [0, 1000, 3000],
      instanceType: [0, 0, 0, 0],
      qosMs: 25,
      ...more,
    }),
    firstRate: 10,
    key: () => key,
  }) as unknown as Repetition

test('what is remembered counts for the same repetition, rate and version only', async () => {
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

test.each([
  [{ lateMs: 75 }, true],
  [{ lateMs: 76 }, false],
  [{ served: 2 }, false],
  // half a hundredth of a long trace
  [{ qosMs: 1, lateMs: 15 }, true],
  [{ qosMs: 1, lateMs: 16 }, false],
  // four instances: the queue has to grow by more than eight
  [{ lengths: [1, 2, 6, 10] }, true],
  [{ lengths: [1, 2, 6, 10.1] }, false],
  [{ lengths: [1, 6, 2, 20] }, true],
])('a rate holds only where nothing is left waiting and the queue does not grow: %j', async (more, holds) => {
  const trials = await openTrials({ threads: 1 })
  expect(await trials.holds(repetitionOf('a', more), 9)).toBe(holds)
})

test.each([false, null, [], { find: () => undefined }])('what is no log is refused: %j', async (log) => {
  await expect(openTrials({ threads: 1, log: log as never })).rejects.toMatchObject({
    code: 'BAD_USAGE',
    place: { field: 'log' },
  })
})
