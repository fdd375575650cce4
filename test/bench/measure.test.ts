import { expect, test } from 'vitest'
import { BATCH, over, perRow, ROUNDS, ratioOf, sideBySide, timeAll, timingOf } from '../../bench/measure.ts'
import { agreedSample, highsOf, provenBounds } from '../../bench/proven-bounds.ts'
import { boxOf, configurations, fluidProgramOf } from '../../bench/spaces.ts'

test('runners are warmed up, then sampled in turn, one that samples itself among them', async () => {
  const turns: string[] = []
  const turn = (name: string) => {
    if (turns.at(-1) !== name) turns.push(name)
  }
  const timings = await timeAll(
    [
      { name: 'a', run: () => turn('a') },
      {
        name: 'b',
        reference: true,
        async sample() {
          turn('b')
          return [7, 5, 6]
        },
      },
    ],
    0,
  )
  expect(turns.join('')).toBe('ab'.repeat(1 + ROUNDS))
  expect(timings.map(({ name, reference }) => [name, reference])).toEqual([
    ['a', undefined],
    ['b', true],
  ])
  expect(timings[1]).toMatchObject({ minMs: 5, medianMs: 6, samples: 15 })
})

test('short runs are timed in batches, and promises are awaited', async () => {
  let runs = 0
  const [short, slow] = await timeAll(
    [
      { name: 'short', run: () => ++runs },
      { name: 'slow', run: () => new Promise((resolve) => setTimeout(resolve, 4)) },
    ],
    0,
  )
  expect(runs).toBeGreaterThan(BATCH * short.samples)
  expect(slow.samples).toBe(ROUNDS)
  expect(slow.minMs).toBeGreaterThan(3)
})

test('a ratio does not favour the faster runner where other work interrupts most of the long runs', () => {
  const slow = timingOf('slow', [20, 20, 10, 25])
  const fast = timingOf('fast', [1, 1, 1, 1, 1, 4])
  expect(perRow([slow], 10)[0]).toMatchObject({ minMs: 1, medianMs: 2 })
  expect(ratioOf(slow, fast)).toBe(10)
  expect(ratioOf(fast, slow)).toBe(0.1)
  expect(over('what', slow, fast, 2)).toEqual({ what: 'what', value: 10, unit: 'x', goal: { atLeast: 2 } })
  expect(sideBySide('title', [fast, slow])).toMatch(/fast .* 10\.00x\n.*slow .* 1\.00x/)
})

test('a solver that disagrees with the kernel is named before it is timed', () => {
  const program = fluidProgramOf(3, 10)
  const all = configurations(boxOf([3, 3, 3]))
  const bounds = provenBounds(program, all)
  expect(agreedSample(bounds, all, 4, { highs: highsOf(program) })).toHaveLength(4)
  expect(() => agreedSample(bounds, all, 4, { half: (counts) => highsOf(program)(counts) / 2 })).toThrow(
    /^half gives [\d.]+ for \d,\d,\d, the kernel/,
  )
})

test('a bound of a program that another one exceeds is not proven', () => {
  const all = configurations(boxOf([3, 3, 3]))
  const program = fluidProgramOf(3, 10)
  const faster = { ...program, service: program.service.map((ms) => ms / 2) }
  expect(() => provenBounds(program, all, { full: faster })).toThrow(/^the bound of \d,\d,\d is not proven$/)
})
