import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { ERROR_CODES, KairosError } from '../../src/model/errors.ts'

test('place, problem and cure make the message', () => {
  const error = new KairosError(
    'BAD_FILE',
    'is "abc"',
    { file: 'a.csv', line: 17, field: 'mean_ms' },
    'expected ms',
  )
  expect(error.message).toBe('a.csv line 17: mean_ms: is "abc"; expected ms')
  expect(new KairosError('BAD_USAGE', 'no model').message).toBe('no model')
})

test('at() adds to the place', () => {
  const error = new KairosError('BAD_MODEL', 'is 0', { field: 'max' }, 'raise it')
  const placed = error.at({ file: 'a.json', line: 2 })
  expect(placed.message).toBe('a.json line 2: max: is 0; raise it')
  expect(placed).toMatchObject({
    code: 'BAD_MODEL',
    cure: 'raise it',
    place: { file: 'a.json', line: 2, field: 'max' },
  })
  expect(placed.at({ field: 'max_num' }).message).toBe('a.json line 2: max_num: is 0; raise it')
})

test('has its name in the bundles: Node prints it for an error that nobody catches', async () => {
  const url = new URL('../../dist/index.js', import.meta.url).href
  expect((await import(url)).KairosError.name).toBe('KairosError')
  expect(createRequire(url)('./cjs/index.js').KairosError.name).toBe('KairosError')
})

test('escapes control characters in a message', () => {
  expect(new KairosError('BAD_FILE', 'is "\u001b[2J\n"').message).toBe('is "\\x1b[2J\\x0a"')
})

test('escapes what nobody sees, and what reorders a line', () => {
  const message = new KairosError('BAD_FILE', 'no type "\ufeffgpu\u202e", "a\u00a0b\u2028"').message
  expect(message).toBe('no type "\\u{feff}gpu\\u{202e}", "a\\xa0b\\u{2028}"')
  // spaces that separate thousands
  expect(new KairosError('BAD_FILE', 'is "1\u202f000", "1\u2009000"').message).toBe(
    'is "1\\u{202f}000", "1\\u{2009}000"',
  )
  expect(new KairosError('NO_FILE', 'is no file', { file: '報告\u3000書.json' }).message).toContain(
    '報告\u3000書',
  )
})

test.each(['👩‍🔬', '🏳️‍🌈', '👩🏽‍💻', 'می‌خواهم', 'क्‍ष'])('keeps the joiner of %s, which is seen', (name) => {
  expect(new KairosError('BAD_FILE', name).message).toBe(name)
})

test('escapes a joiner that joins nothing', () => {
  const message = new KairosError('BAD_FILE', 'gpu\u200d, 👩\u200d, \u200cب, 机\u200d器').message
  expect(message).toBe('gpu\\u{200d}, 👩\\u{200d}, \\u{200c}ب, 机\\u{200d}器')
})

test('shortens a word that is longer than any path', () => {
  const key = 'k'.repeat(100_000)
  const { message, place } = new KairosError(
    'BAD_FILE',
    'is no key',
    { file: 'a.json', field: key },
    'drop it',
  )
  expect(message).toBe(`a.json: ${'k'.repeat(200)}...${'k'.repeat(19)}: is no key; drop it`)
  expect(place.field).toBe(key)
  expect(new KairosError('NO_FILE', 'is a folder', { file: 'd/'.repeat(2000) }).message).toContain('d/:')
})

// where each letter of a word is taken for its start, this takes longer than a test may
test('looks for long words where words begin', () => {
  const words = `${'k'.repeat(4219)} `.repeat(4000)
  expect(new KairosError('BAD_FILE', words).message).toHaveLength(words.length)
})

test('every stable code has a meaning and a cure that are sentences', () => {
  for (const [code, { meaning, cure }] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z_]+$/)
    expect(meaning).toMatch(/^[A-Z].*[.]$/)
    expect(cure).toMatch(/^[A-Z].*[.]$/)
  }
})
