import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readProfile, writeProfile } from '../../../src/files/documents/profile.ts'
import { published, scratchFolder } from '../scratch.ts'

test('the published profiles', async () => {
  const profiles = await readProfile(published('allocator_profile.json'))
  expect([...profiles.keys()]).toEqual(['dien', 'mtwnd', 'ncf', 'rm2', 'wnd'])
  const rm2 = profiles.get('rm2')!
  expect([...rm2.keys()]).toEqual(['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge'])
  expect(rm2.get('g4dn.xlarge')).toEqual({ qps: 15.04 })
  expect(rm2.get('t3.xlarge')).toEqual({
    qps: 6.39,
    auxiliary: {
      cutoff: 400,
      smallShare: 0.837,
      timeShare: 0.614,
      rates: new Map([
        [400, 6.39],
        [910, 4.74],
        [870, 4.83],
      ]),
    },
  })
  // the order of the file, which a parsed object does not keep
  expect([...rm2.get('t3.xlarge')!.auxiliary!.rates.keys()]).toEqual([400, 910, 870])
})

test('the published file is written as it is', async () => {
  const { path } = scratchFolder()
  await writeProfile(path('p.json'), await readProfile(published('allocator_profile.json')))
  const theirs = readFileSync(published('allocator_profile.json'), 'utf8')
  // but for a trailing zero, trailing spaces and the line end at the end
  const plain = theirs.replace(/(\d)\.0\b/g, '$1').replace(/ +$/gm, '')
  expect(readFileSync(path('p.json'), 'utf8')).toBe(`${plain.trimEnd()}\n`)
})

test('an auxiliary type that serves no query of the mix has the rate 0', async () => {
  const { path } = scratchFolder()
  const slow = { cutoff: 10, smallShare: 0, timeShare: 0, rates: new Map([[10, 0]]) }
  const profile = new Map([
    ['fast', { qps: 20 }],
    ['slow', { qps: 0, auxiliary: slow }],
  ])
  await writeProfile(path('p.json'), new Map([['m', profile]]))
  expect((await readProfile(path('p.json'))).get('m')).toEqual(profile)
})

test('a model without types is written as an empty object', async () => {
  const { path } = scratchFolder()
  await writeProfile(path('p.json'), new Map([['m', new Map()]]))
  expect(readFileSync(path('p.json'), 'utf8')).toBe('{\n    "m": {}\n}\n')
})

describe('refuses', () => {
  const auxiliary = { qps: 5, small_ratio: 0.5, vio_batch: 40, time_ratio: 0.4, all_batch: { 40: 5 } }
  const cases: [object, string][] = [
    [{ m: { a: { qps: 0 } } }, 'p.json line 4: m.a.qps: is 0; expected queries a second > 0'],
    [
      { m: { a: { qps: 1 }, b: { ...auxiliary, all_batch: { 40: -1 } } } },
      'p.json line 12: m.b.all_batch.40: is -1; expected queries a second >= 0',
    ],
    [
      { m: { a: { qps: 1 }, 'b.large': { ...auxiliary, small_ratio: 1.2 } } },
      'p.json line 8: m["b.large"].small_ratio: is 1.2; expected the share of small queries, from 0 to 1',
    ],
    [
      { m: { a: { qps: 1 }, b: { ...auxiliary, time_ratio: undefined } } },
      'p.json line 6: m.b.time_ratio: is missing; expected small_ratio, vio_batch, time_ratio, all_batch of a type that has vio_batch',
    ],
    [
      { m: { a: { qps: 1, small_ratio: 0.5 } } },
      'p.json line 3: m.a.vio_batch: is missing; expected a batch size > 0, as the type has the other fields of an auxiliary type',
    ],
    [
      { m: { a: { qps: 1 }, b: { ...auxiliary, all_batch: { 50: 5 } } } },
      'p.json line 11: m.b.all_batch: has no rate at the cutoff 40; expected one',
    ],
    [
      { m: { a: { qps: 1 }, b: { ...auxiliary, all_batch: { 40: 5, x: 5 } } } },
      'p.json line 13: m.b.all_batch.x: is not a cutoff; expected a batch size > 0',
    ],
    [
      { m: { a: { qps: 1 }, b: { ...auxiliary, all_batch: { 40: 5, '-4': 5 } } } },
      'p.json line 13: m.b.all_batch.-4: is not a cutoff; expected a batch size > 0',
    ],
    [
      { m: { a: { qps: 1 }, b: { qps: 2 } } },
      'p.json line 2: m: has 2 types without vio_batch: a, b; expected one, the base; each auxiliary type has vio_batch',
    ],
    [
      { m: { b: auxiliary } },
      'p.json line 2: m: has 0 types without vio_batch; expected one, the base; each auxiliary type has vio_batch',
    ],
    [
      { m: { a: { qps: 1, vio_bach: 40 } } },
      'p.json line 5: m.a.vio_bach: is not a key of this format; did you mean "vio_batch"? The keys are qps, small_ratio, vio_batch, time_ratio, all_batch',
    ],
  ]
  test.each(cases)('%j', async (profile, message) => {
    const { write, refusal } = scratchFolder()
    const path = write('p.json', JSON.stringify(profile, undefined, 2))
    expect(await refusal(readProfile(path))).toEqual({ code: 'BAD_FILE', message })
  })
})
