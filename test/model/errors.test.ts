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

test('every stable code has a meaning and a cure that are sentences', () => {
  for (const [code, { meaning, cure }] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z_]+$/)
    expect(meaning).toMatch(/^[A-Z].*[.]$/)
    expect(cure).toMatch(/^[A-Z].*[.]$/)
  }
})
