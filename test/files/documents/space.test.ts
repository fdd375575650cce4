import { describe, expect, test } from 'vitest'
import { readSpace } from '../../../src/files/documents/space.ts'
import { published, scratchFolder } from '../scratch.ts'

const PUBLISHED = [
  { name: 'g4dn.xlarge', min: 0, max: 5, pricePerHour: 0.526 },
  { name: 'c5n.2xlarge', min: 0, max: 6, pricePerHour: 0.432 },
  { name: 'r5n.large', min: 0, max: 17, pricePerHour: 0.149 },
  { name: 't3.xlarge', min: 0, max: 15, pricePerHour: 0.1664 },
]

test('the shipped space and the published instance.json are one', async () => {
  const shipped = await readSpace('hpdc23')
  expect(shipped).toMatchObject({ types: PUBLISHED, budgetPerHour: 2.5 })
  const theirs = await readSpace(published('instance.json'))
  expect(theirs).toMatchObject({ types: PUBLISHED, budgetPerHour: 2.5 })
  expect(shipped.types.map(({ base }) => base)).toEqual([true, false, false, false])
})

test('everything that a type may have, in YAML', async () => {
  const { write } = scratchFolder()
  const text = `
types:
  - { name: a, min: 1, max: 2, pricePerHour: 0.5 }
  - { name: b, max: 3, base: true }
  - { name: t3.xlarge, max: 1, pricePerHour: 9, slots: 4 }
budgetPerHour: 4
`
  expect(await readSpace(write('s.yaml', text), { catalog: new Map([['b', 0.25]]) })).toEqual({
    types: [
      { name: 'a', min: 1, max: 2, pricePerHour: 0.5, base: false },
      { name: 'b', min: 0, max: 3, pricePerHour: 0.25, base: true },
      { name: 't3.xlarge', min: 0, max: 1, pricePerHour: 9, slots: 4, base: false },
    ],
    budgetPerHour: 4,
  })
})

test('slots at another concurrency than that of the latency table are refused, with their line', async () => {
  const { write } = scratchFolder()
  const text = (slots: string) => `
types:
  - { name: a, max: 2, pricePerHour: 0.5 }
  - { name: b, max: 3, pricePerHour: 0.5${slots} }
budgetPerHour: 4
`
  const latency = { types: ['a', 'b'], concurrency: Float64Array.of(0, 4) }
  await expect(readSpace(write('s.yaml', text(', slots: 4')), { latency })).resolves.toMatchObject({})
  await expect(readSpace(write('s.yaml', text(', slots: 2')), { latency })).rejects.toThrow(
    /s.yaml line 4: types\[1\].slots: is 2 for b, whose latency table was taken at concurrency 4; give slots: 4/,
  )
  await expect(readSpace(write('s.yaml', text('')), { latency })).rejects.toThrow(
    /s.yaml line 4: types\[1\].slots: is 1 for b, .* or a table of b that was taken at concurrency 1/,
  )
})

test('a published space without prices takes them from the catalog', async () => {
  const { write } = scratchFolder()
  const text = JSON.stringify({ ins_types: ['r5n.large'], max_num: [3], cost: 1 })
  expect((await readSpace(write('instance.json', text))).types[0].pricePerHour).toBe(0.149)
})

describe('refuses', () => {
  const type = { name: 'r5n.large', max: 4 }
  const cases: [object, string, string][] = [
    [
      { types: [type, { name: 'r5m.large', max: 1 }], budgetPerHour: 1 },
      'BAD_MODEL',
      's.json line 7: types[1].pricePerHour: is missing for r5m.large, and the catalog has no such type; did you mean "r5.large"? Otherwise give a price in dollars per hour here or in the catalog',
    ],
    [
      { types: [{ name: 'mine', max: 1 }], budgetPerHour: 1 },
      'BAD_MODEL',
      's.json line 3: types[0].pricePerHour: is missing for mine, and the catalog has no such type; give a price in dollars per hour here or in the catalog',
    ],
    [
      { types: [{ ...type, min: 5 }], budgetPerHour: 1 },
      'BAD_MODEL',
      's.json line 3: types[0]: min 5 is above max 4 for r5n.large; swap or raise them',
    ],
    [
      { types: [type, type], budgetPerHour: 1 },
      'BAD_MODEL',
      's.json line 8: types[1].name: "r5n.large" is listed twice; list each type once',
    ],
    [
      { types: [], budgetPerHour: 1 },
      'BAD_MODEL',
      's.json line 2: types: the space has 0 types; 1 to 16 are possible',
    ],
    [
      {
        types: [
          { ...type, max: 2 ** 52 },
          { name: 't3.xlarge', max: 1 },
        ],
        budgetPerHour: 1,
      },
      'TOO_LARGE',
      's.json line 2: types: the space has 9.0e+15 configurations; at most 2^53 can be numbered: lower a maximum or raise a minimum',
    ],
    [
      { types: [type], budgetPerHour: 0 },
      'BAD_FILE',
      's.json line 8: budgetPerHour: is 0; expected a budget in dollars per hour > 0',
    ],
    [
      { types: [type], budgetPerHour: '2.50' },
      'BAD_FILE',
      's.json line 8: budgetPerHour: is "2.50"; expected a budget in dollars per hour > 0; write the number without quotes',
    ],
    [
      { types: [type], budgetPerHour: '$2.50' },
      'BAD_FILE',
      's.json line 8: budgetPerHour: is "$2.50"; expected a budget in dollars per hour > 0',
    ],
    [
      { types: [type] },
      'BAD_FILE',
      's.json line 1: budgetPerHour: is missing; expected a budget in dollars per hour > 0',
    ],
    [
      { types: [{ ...type, max: 1.5 }], budgetPerHour: 1 },
      'BAD_FILE',
      's.json line 5: types[0].max: is 1.5; expected the largest count, a whole number >= 0',
    ],
    [
      { types: [{ ...type, pricePerHour: -1 }], budgetPerHour: 1 },
      'BAD_FILE',
      's.json line 6: types[0].pricePerHour: is -1; expected a price in dollars per hour > 0',
    ],
    [
      { types: [{ ...type, 8: null }], budgetPerHour: 1 },
      'BAD_FILE',
      's.json line 4: types[0].8: is not a key of this format; write numbers with a decimal point; the keys are name, min, max, pricePerHour, slots, base',
    ],
    [
      { types: [{ ...type, price: 1 }], budgetPerHour: 1 },
      'BAD_FILE',
      's.json line 6: types[0].price: is not a key of this format; did you mean "pricePerHour"? The keys are name, min, max, pricePerHour, slots, base',
    ],
    [
      { types: [{ ...type, slots: 0 }], budgetPerHour: 1 },
      'BAD_FILE',
      's.json line 6: types[0].slots: is 0; expected the requests that an instance serves at the same time, a whole number from 1 to 1024',
    ],
    [
      { types: [type], budgetPerHuor: 1 },
      'BAD_FILE',
      's.json line 8: budgetPerHuor: is not a key of this format; did you mean "budgetPerHour"? The keys are types, budgetPerHour',
    ],
    [
      { ins_types: ['a', 'b'], max_num: [1], price: [1, 2], cost: 1 },
      'BAD_FILE',
      's.json line 6: max_num: has 1 number; expected one for each of 2 types',
    ],
    [
      { ins_types: ['a', 'a'], max_num: [1, 1], price: [1, 2], cost: 1 },
      'BAD_MODEL',
      's.json line 4: ins_types[1]: "a" is listed twice; list each type once',
    ],
    [
      { ins_types: ['a'], max_num: [1], cost: 1 },
      'BAD_MODEL',
      's.json line 1: price[0]: is missing for a, and the catalog has no such type; give a price in dollars per hour here or in the catalog',
    ],
  ]
  test.each(cases)('%j', async (space, code, message) => {
    const { write, refusal } = scratchFolder()
    const path = write('s.json', JSON.stringify(space, undefined, 2))
    expect(await refusal(readSpace(path))).toEqual({ code, message })
  })

  test('two base types', async () => {
    const { write, refusal } = scratchFolder()
    const types = ['r5n.large', 't3.xlarge'].map((name) => ({ name, max: 1, base: true }))
    const { message } = await refusal(readSpace(write('s.json', JSON.stringify({ types, budgetPerHour: 1 }))))
    expect(message).toContain('s.json line 1: types: more than one type is marked as base')
  })

  test('a name that is not shipped', async () => {
    const { message } = await scratchFolder().refusal(readSpace('hpdc32'))
    expect(message).toBe(
      'there is no shipped space "hpdc32"; did you mean "hpdc23"? There is hpdc23; or give the path of a file',
    )
  })
})
