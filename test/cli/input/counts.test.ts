import { expect, test } from 'vitest'
import { readCountsFlag } from '../../../src/cli/input/counts.ts'
import { parseCounts } from '../../../src/cli/input/counts-flag.ts'

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

test('a type that the shipped workload lacks asks for the workload that has it', async () => {
  const shipped = { types: TYPES, ordered: true, isShipped: true }
  await expect(readCountsFlag('--counts', 'l4.big=2', shipped)).rejects.toMatchObject({
    message: expect.stringContaining('"l4.big" is none of the instance types'),
    cure: 'the types of the shipped workloads are gpu.large, cpu.small; name your own workload by --workload',
  })
  await expect(readCountsFlag('--counts', 'l4.big=2', { types: TYPES, ordered: true })).rejects.toMatchObject(
    {
      cure: 'the types are gpu.large, cpu.small',
    },
  )
})

test.each(['gpu.large:9', 'gpu.large', 'cpu.small 3'])(
  'a text such as %s begins with a type and names no file',
  async (text) => {
    await expect(readCountsFlag('--counts', text, { types: TYPES, ordered: false })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining(`--counts: is "${text}"`),
      cure: `write ${text.slice(0, 9)}=1, with commas between types, or the name of a file`,
    })
  },
)

test('counts by type take names with slashes and commas, as tables print them', async () => {
  const types = ['aws/g5.xlarge', 'h100, half']
  const text = 'h100, half=2,aws/g5.xlarge=1'
  expect(parseCounts(text)).toBe(text)
  const counts = await readCountsFlag('--counts', text, { types, ordered: false })
  expect([...counts]).toEqual([
    ['h100, half', 2],
    ['aws/g5.xlarge', 1],
  ])
})

test.each([
  ['gpu=1,cpu', '"cpu" is not TYPE=COUNT'],
  ['gpu=1,cpu=', 'Expected a whole number'],
  ['gpu', undefined],
  ['results/a=1/config.json', undefined],
])('counts such as %s are refused or name a file', (text, refusal) => {
  if (refusal === undefined) expect(parseCounts(text)).toBe(text)
  else expect(() => parseCounts(text)).toThrow(refusal)
})
