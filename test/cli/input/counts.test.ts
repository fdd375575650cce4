import { expect, test } from 'vitest'
import { readCountsFlag } from '../../../src/cli/input/counts.ts'

const TYPES = ['gpu.large', 'cpu.small']

test('counts by position are refused where no named space gives the order of the types', async () => {
  const refused = readCountsFlag('--counts', [9, 3], { types: TYPES, ordered: false })
  await expect(refused).rejects.toMatchObject({
    code: 'BAD_USAGE',
    message: expect.stringContaining('does not say which type each number counts'),
    cure: 'write gpu.large=9,cpu.small=3, or name by --space the space whose order they follow',
  })
})

test('counts by position follow the order of a named space, and counts by type need none', async () => {
  const wanted = new Map([
    ['gpu.large', 9],
    ['cpu.small', 3],
  ])
  expect(await readCountsFlag('--counts', [9, 3], { types: TYPES, ordered: true })).toEqual(wanted)
  const named = await readCountsFlag('--counts', 'cpu.small=3,gpu.large=9', { types: TYPES, ordered: false })
  expect(named).toEqual(wanted)
})
