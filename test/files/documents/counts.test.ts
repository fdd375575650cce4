import { describe, expect, test } from 'vitest'
import { readCounts, writeCounts } from '../../../src/files/documents/counts.ts'
import { published, scratchFolder } from '../scratch.ts'

test('the published configuration', async () => {
  expect([...(await readCounts(published('config.json')))]).toEqual([
    ['g4dn.xlarge', 2],
    ['c5n.2xlarge', 0],
    ['r5n.large', 9],
    ['t3.xlarge', 0],
  ])
})

test('YAML', async () => {
  const { write } = scratchFolder()
  expect(await readCounts(write('c.yaml', 'a: 1\nb: 0\n'))).toEqual(
    new Map([
      ['a', 1],
      ['b', 0],
    ]),
  )
})

test('counts that could not be read again are not written', async () => {
  const { path, list } = scratchFolder()
  await expect(writeCounts(path('c.json'), new Map([['a', Number.NaN]]))).rejects.toThrow(
    'a: is NaN; a whole number >= 0 is expected',
  )
  await expect(writeCounts(path('c.json'), new Map([['__proto__', 1]]))).rejects.toThrow(
    'counts.__proto__: is not a name; JavaScript reserves it; choose another one',
  )
  expect(list()).toEqual([])
})

describe('refuses', () => {
  test.each([
    ['{ "a": 1.5 }', 'c.json line 1: a: is 1.5; expected a count, a whole number >= 0'],
    [
      '{\n"a": 1,\n"b.large": -1 }',
      'c.json line 3: ["b.large"]: is -1; expected a count, a whole number >= 0',
    ],
    [
      '{ "a": "1" }',
      'c.json line 1: a: is "1"; expected a count, a whole number >= 0; write the number without quotes',
    ],
    ['[1, 2]', 'c.json line 1: is [ 1, 2 ]; expected counts by instance type'],
    ['null', 'c.json line 1: is null; expected counts by instance type'],
  ])('%s', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readCounts(write('c.json', text)))).toEqual({ code: 'BAD_FILE', message })
  })

  test('a type that there is not', async () => {
    const { write, refusal } = scratchFolder()
    const file = write('c.json', '{ "a.large": 1,\n"b.lagre": 2 }')
    expect(await refusal(readCounts(file, ['a.large', 'b.large']))).toEqual({
      code: 'BAD_FILE',
      message: 'c.json line 2: ["b.lagre"]: is none of the instance types; did you mean "b.large"?',
    })
  })
})
