import { describe, expect, test } from 'vitest'
import { type JsonPath, readJsonEntries } from '../../../src/files/io/json-stream.ts'
import { endOfValue, noValue } from '../../../src/files/io/json-value-end.ts'
import { scratchFolder } from '../scratch.ts'

/** The entries of a text, those of the named objects and lists one by one. */
async function entriesOf(text: string, entered: readonly string[] = [], onEnd?: () => void) {
  const file = scratchFolder().write('x.json', text)
  const found: [string, unknown][] = []
  const enters = (path: JsonPath) => entered.includes(path.join('.'))
  await readJsonEntries(file, { enters, wants: () => true, onEnd }, (path, entry) => {
    found.push([path.join('.'), entry])
  })
  return found
}

const refused = (...args: Parameters<typeof entriesOf>) =>
  entriesOf(...args).then(
    () => 'not refused',
    (error: Error) =>
      error.message.replace(/^\S*x\.json/, 'x.json').replace(/; is this the right file.*/, ''),
  )

describe('entries of a large JSON file', () => {
  test('are what JSON.parse gives, at any depth and with any white space', async () => {
    const value = {
      a: 1,
      b: { 'x"\\{': [1, { y: '}' }], t: true },
      c: 'é\n',
      d: { e: {}, f: null },
      g: [],
      h: [[1, [2]], 'a,]', { i: 3 }, -4.5e1],
      j: {},
    }
    for (const indent of [undefined, 1]) {
      expect(await entriesOf(JSON.stringify(value, null, indent), ['b', 'd', 'g', 'h', 'h.0', 'j'])).toEqual([
        ['a', 1],
        ['b.x"\\{', [1, { y: '}' }]],
        ['b.t', true],
        ['c', 'é\n'],
        ['d.e', {}],
        ['d.f', null],
        ['h.0.0', 1],
        ['h.0.1', [2]],
        ['h.1', 'a,]'],
        ['h.2', { i: 3 }],
        ['h.3', -45],
      ])
    }
  })

  test('are whole across the pieces of a file', async () => {
    const value = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, { text: `"${i}"`, i }]),
    )
    expect(Object.fromEntries(await entriesOf(JSON.stringify(value)))).toEqual(value)
    const list = Array.from({ length: 100_000 }, (_, i) => i / 7)
    expect((await entriesOf(JSON.stringify({ list }), ['list'])).map(([, entry]) => entry)).toEqual(list)
  })

  test('may be of several objects, if their ends are asked for', async () => {
    const ends: string[] = []
    const found = await entriesOf('{"a": 1}\n{"a": 2}{}\n', [], () => ends.push('end'))
    expect(found).toEqual([
      ['a', 1],
      ['a', 2],
    ])
    expect(ends).toEqual(['end', 'end', 'end'])
    expect(await refused('{"a": 1}\n{"a": 2}')).toBe('x.json: has text after the end')
    expect(await refused('{"a": 1}\n{"a": ', [], () => {})).toBe('x.json: ends before its last bracket')
  })

  test.each([
    ['{"a":1,}', [], 'is not JSON'],
    ['{"a":1 "b":2}', [], 'a: is not JSON'],
    ['{"a" 1}', [], 'is not JSON'],
    ['{"a":1]', [], 'is not JSON'],
    ['{a:1}', [], 'is not JSON'],
    ['{[1]:2}', [], 'is not JSON'],
    ['{"a":{}"b":2}', [], 'is not JSON'],
    ['{"a":{}:2}', [], 'is not JSON'],
    ['{,"a":1}', [], 'is not JSON'],
    ['{"a":}', [], 'a: is not JSON'],
    ['{"a":[1,,2]}', ['a'], 'a.1: is not JSON'],
    ['{"a":[1,]}', ['a'], 'a.1: is not JSON'],
    ['{"a":[1}}', ['a'], 'is not JSON'],
    ['{"a":[1 2]}', ['a'], 'a.0: is not JSON'],
    [
      '{"a":[1,Infinity]}',
      ['a'],
      'a.1: has Infinity; JSON has no such number, though Python writes it: write null instead',
    ],
    ['[1]', [], 'is not an object in JSON'],
    ['{"a":{"b":1}', ['a'], 'ends before its last bracket'],
    ['{"a":"b', [], 'ends before its last bracket'],
    [' \n', [], 'is empty; was it written to the end? Make it again'],
    [`{"a":"${'b'.repeat(1 << 24)}"}`, [], 'has an entry of more than 16777216 characters'],
  ])('of %.30s are refused', async (text, entered, message) => {
    expect(await refused(text, entered)).toBe(`x.json: ${message}`)
  })
})

test('the end of a value is found wherever its text is divided', () => {
  for (const value of ['12', 'null', '"a\\"\\\\"', '[1,[2],"]"]', '{"a":{"b":"}\\\\"},"c":1}']) {
    const text = `${value},"next"`
    for (let cut = 0; cut < value.length; cut++) {
      const open = noValue()
      expect(endOfValue(open, text.slice(0, cut), 0)).toBe(-1)
      expect(endOfValue(open, text.slice(cut), 0)).toBe(value.length - cut)
    }
  }
})
