import { expect, test } from 'vitest'
import { timeAll } from '../../bench/measure.ts'
import { agreedSample, highsOf, provenBounds } from '../../bench/proven-bounds.ts'
import { boxOf, configurations, fluidProgramOf } from '../../bench/spaces.ts'

test('runners are warmed up, then sampled in turn', async () => {
  const turns: string[] = []
  const runner = (name: string) => ({
    name,
    run() {
      if (turns.at(-1) !== name) turns.push(name)
    },
  })
  const timings = await timeAll([runner('a'), { ...runner('b'), reference: true }], 0.003)
  expect(turns.join('')).toBe('abababab')
  expect(timings.map(({ name, reference }) => [name, reference])).toEqual([
    ['a', undefined],
    ['b', true],
  ])
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
