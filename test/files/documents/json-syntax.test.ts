import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonError } from '../../../src/files/documents/json-syntax.ts'

const BITS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '"',
    '\\',
    '"\\u0041"',
    '"\\q"',
    '"\t"',
    '"\\u00g0"',
    "'a'",
  ],
  ...['1', '-0', '1e5', '01', '1.', '.5', '-', '+1', 'true', 'nul', 'null', 'NaN', 'x', '//'],
  ...[' ', '\n', '\r\n', '\u00a0', '\ufeff', '{"c":1}', '[2]'],
]

const texts = fc.oneof(
  fc.array(fc.constantFrom(...BITS), { maxLength: 8 }).map((bits) => bits.join('')),
  fc.json(),
  // JSON with one character replaced or left out
  fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...BITS, '')).map(([json, at, bit]) => {
    const i = at % (json.length + 1)
    return json.slice(0, i) + bit + json.slice(i + 1)
  }),
)

test('accepts what JSON.parse accepts, but for keys that documents must not contain', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const error = findJsonError(text)
      if (error && !error.isSyntax) expect(error.field).toBeDefined()
      else expect(error === undefined).toBe(isJson(text))
    }),
    { numRuns: 20_000 },
  )
})

test.each([
  ['{"a": 1\n "b": 2}', '"b" stands where a comma or } is expected', '"b"'],
  ['{"a": 1,\n}', '} stands where a key in double quotes is expected', '}'],
  ['[1, 2,]', '] stands where a value is expected', ']'],
  ["{'a': 1}", "'a' stands where a key in double quotes is expected", "'a'"],
  ['{a: 1}', 'a stands where a key in double quotes is expected', 'a'],
  ['{"b": 1, a: 1}', 'a stands where a key in double quotes is expected', 'a'],
  ['{"b": [1, a]}', 'a is neither text in double quotes, a number, true, false nor null', 'a'],
  ['{"a": NaN}', 'NaN is neither text in double quotes, a number, true, false nor null', 'NaN'],
  ['{"a": [1 2]}', '2 stands where a comma or ] is expected', '2'],
  ['{"a": 1]', '] stands where a comma or } is expected', ']'],
  ['{"a": [1}', '} stands where a comma or ] is expected', '}'],
  ['{"a": True}', 'True is neither text in double quotes, a number, true, false nor null', 'True'],
  ['{"a" 1}', '1 stands where a colon is expected', '1'],
  ['[] []', '[ stands where the end of the file is expected', '[]'],
  ['{"a": "x\ny"}', '"x lacks its second quote on the same line', '"x'],
  ['{"a": "\\x41"}', '"\\x41" has an escape sequence that is not JSON', '"\\x'],
  ['{"a": "\\u00g1"}', '"\\u00g1" has an escape sequence that is not JSON', '"\\u'],
  ['{"a": "\t"}', '"\t" has a control character, such as a tab: write it as an escape sequence', '"\t'],
  ['[1., 2]', '1. is half a number', '1.'],
  ['[1 /* one */]', '/* one */ is a comment', '/'],
  [
    `{"a": ${'x'.repeat(99)}}`,
    `${'x'.repeat(37)}... is neither text in double quotes, a number, true, false nor null`,
    'x',
  ],
])('%j: %s', (text, problem, at) => {
  expect(findJsonError(text)).toMatchObject({ isSyntax: true, problem: `is not JSON: ${problem}` })
  expect(text.slice(findJsonError(text)!.position)).toSatisfy((rest: string) => rest.startsWith(at))
})

describe('a text that is cut off', () => {
  const whole = '{\n  "a": [1, {"b": "c"}]\n}'
  test.each(Array.from(whole, (_, length) => whole.slice(0, length)))('%j', (text) => {
    expect(findJsonError(text)).toMatchObject({ isSyntax: true, cure: 'is the file cut off? Make it again' })
  })
})

test.each([
  ['{', '}'],
  ['{"a": 1', '}'],
  ['[1', ']'],
  ['[{"a": 1', '}'],
  ['{"a": [1', ']'],
  ['{"a": [1]', '}'],
])('%s: names the end that is missing', (text, end) => {
  const problem = `is not JSON: it ends where a comma or ${end} is expected`
  expect(findJsonError(text)).toMatchObject({ problem })
})

test.each([
  ['{"a": 1, "b": 2, "a": 3}', 'a', 17],
  ['{"x": {"a": 1, "\\u0061": 2}}', 'a', 15],
  ['{"x": [{"__proto__": 1}]}', '__proto__', 8],
])('%j: refuses the key %s', (text, field, position) => {
  expect(findJsonError(text)).toMatchObject({ field, position })
})

test('the same key in two objects is accepted', () => {
  expect(findJsonError('[{"a": {"a": 1}}, {"a": 2}]')).toBeUndefined()
})

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s may be nested 100 levels deep', (_, open, close) => {
  const nested = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`
  expect(findJsonError(nested(100))).toBeUndefined()
  expect(findJsonError(nested(101))).toMatchObject({ problem: 'is nested more than 100 levels deep' })
  expect(findJsonError(open.repeat(1e6))).toMatchObject({ problem: 'is nested more than 100 levels deep' })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
