import { describe, expect, test } from 'vitest'
import { openDocument, placeOf } from '../../../src/files/documents/document.ts'
import { scratchFolder } from '../scratch.ts'

test.each(['a.json', 'a.yaml', 'a.yml', 'a.txt', 'a'])('JSON in %s', async (name) => {
  const { write } = scratchFolder()
  expect((await openDocument(write(name, '\ufeff{ "a": [1, null] }\n'))).value).toEqual({ a: [1, null] })
})

test.each(['a.yaml', 'a.yml', 'a.txt', 'a'])('YAML in %s', async (name) => {
  const { write } = scratchFolder()
  const text = '# comment\na: &x [1, ~]\nb: *x\n'
  expect((await openDocument(write(name, text))).value).toEqual({ a: [1, null], b: [1, null] })
})

test.each(['\n', '\r\n', '\r'])('YAML whose lines end in %j', async (end) => {
  const { write } = scratchFolder()
  const lines = ['# comment', 'a: 1 # one', 'b:', '  - "c', '    d"', '']
  const { value } = await openDocument(write('a.yaml', lines.join(end)))
  expect(value).toEqual({ a: 1, b: ['c d'] })
})

test.each([
  ['a.json', '{ "a": [{ "b": 1 },\n  { "b.c": 2 }] }', ['a', 1, 'b.c'], 2, 'a[1]["b.c"]'],
  ['a.json', '{ "a": [{ "b": 1 },\n  { "b.c": 2 }] }', ['a', 1, 'd'], 2, 'a[1].d'],
  ['a.yaml', 'a:\n  - b: 1\n  - c: 2\n', ['a', 1, 'c'], 3, 'a[1].c'],
  ['a.yaml', 'a:\n  - b: 1\n  - c: 2\n', [], 1, undefined],
  ['a.yaml', 'a: # comment\r  - b: 1\r\n  - c: 2\r', ['a', 1, 'c'], 3, 'a[1].c'],
] as const)('the place in %s of %j: %j', async (name, text, path, line, field) => {
  const { write } = scratchFolder()
  const file = write(name, text)
  const place = await placeOf(await openDocument(file), path)
  expect(place).toEqual({ file, line, ...(field !== undefined && { field }) })
})

describe('refuses', () => {
  const many = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i)).join('')
  test.each([
    [
      'YAML that is named .json',
      'a.json',
      'a: 1\n',
      /^a.json line 1: is not JSON: a is neither .*; correct it, or name the file .yaml/,
    ],
    [
      'a comment in JSON',
      'a.json',
      '{\n  "a": 1 // one\n}',
      /^a.json line 2: is not JSON: \/\/ one is a comment/,
    ],
    [
      'JSON that is cut off',
      'a.json',
      '{\n  "a": [1,\n',
      /^a.json line 2: is not JSON: it ends where a value is expected; is the file cut off/,
    ],
    ['YAML that is cut off', 'a.yaml', 'a: [1,\n', /^a.yaml line 2: is not YAML: .*; correct it$/],
    [
      'two documents',
      'a.yaml',
      'a: 1\n---\nb: 1\n',
      /^a.yaml line 2: holds two documents; make a file of each$/,
    ],
    [
      'a key twice in JSON',
      'a.json',
      '{ "a": 1,\n"a": 2 }',
      /^a.json line 2: a: is there twice; remove one of them$/,
    ],
    [
      'a key twice in YAML',
      'a.yaml',
      'x:\n  a: 1\n  "a": 2\n',
      /^a.yaml line 3: a: is there twice; remove one of them$/,
    ],
    ['a key twice by an alias', 'a.yaml', 'x: &k a\na: 1\n*k : 2\n', /^a.yaml line 3: a: is there twice/],
    [
      '__proto__ in JSON',
      'a.json',
      '{ "a": [\n{ "__proto__": {} }] }',
      /^a.json line 2: __proto__: is not a name; JavaScript reserves it/,
    ],
    [
      '__proto__ in YAML',
      'a.yaml',
      'a:\n  __proto__: 1\n',
      /^a.yaml line 2: __proto__: is not a name; JavaScript reserves it/,
    ],
    ['a list for a key', 'a.yaml', 'a: 1\n? [b]\n: 2\n', /^a.yaml line 2: is not a name; a key is a text$/],
    [
      'deep JSON',
      'a.json',
      `\n${'['.repeat(2e5)}${']'.repeat(2e5)}`,
      /^a.json line 2: is nested more than 100 levels deep; is this/,
    ],
    [
      'deep lists of YAML',
      'a.yaml',
      `a: ${'- '.repeat(2e5)}1`.replace('a: ', 'a:\n  '),
      /^a.yaml line 2: is nested more than 100 levels deep/,
    ],
    [
      'deep objects of YAML',
      'a.yaml',
      many(200, (i) => `${' '.repeat(i)}a:\n`),
      /^a.yaml line 10[123]: is nested more than 100 levels deep/,
    ],
    [
      'deep flow of YAML',
      'a.yaml',
      `a: ${'[x, {b: '.repeat(1e5)}`,
      /^a.yaml line 1: is nested more than 100 levels deep/,
    ],
    ['an alias without an anchor', 'a.yaml', 'a: *b\n', /^a.yaml: is not usable YAML: Unresolved alias/],
    [
      'aliases that multiply',
      'a.yaml',
      `a0: &a0 [x]\n${many(10, (i) => `a${i + 1}: &a${i + 1} [${many(9, () => `*a${i}, `)}]\n`)}`,
      /^a.yaml: is not usable YAML: Excessive alias count/,
    ],
    [
      'more than 4 MiB',
      'a.json',
      `[${' '.repeat(5 << 20)}]`,
      /^a.json: has more than 4 MiB; is this the right file\?$/,
    ],
    [
      'YAML of more than 1 MiB',
      'a.yaml',
      `a: 1\n${'# comment\n'.repeat(2e5)}`,
      /^a.yaml: is YAML of more than 1 MiB; write it as JSON/,
    ],
    [
      'more than 1000 aliases',
      'a.yaml',
      `a: &a 1\nb:\n${'- *a\n'.repeat(1001)}`,
      /^a.yaml line 1003: is one of more than 1000 aliases/,
    ],
    ['an empty file', 'a.json', ' \n', /^a.json: is empty; was it written to the end\? Make it again$/],
    ['binary data', 'a.json', '[\0]', /^a.json: is not text in UTF-8; unpack or convert it first$/],
  ])('%s', async (_what, name, text, message) => {
    const { write, refusal } = scratchFolder()
    expect((await refusal(openDocument(write(name, text)))).message).toMatch(message)
  })
})

test('100 levels of YAML are accepted', async () => {
  const { write } = scratchFolder()
  const levels = Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')
  const { value } = await openDocument(write('a.yaml', `${levels.trimEnd()} 1\n`))
  let depth = 0
  for (let at = value; typeof at === 'object' && at !== null; at = (at as { a: unknown }).a) depth++
  expect(depth).toBe(100)
})
