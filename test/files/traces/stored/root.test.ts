import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkTraceRoot, parseTraceRoot, partsBelow } from '../../../../src/files/traces/stored/root.ts'
import { temporaryFolder } from '../../../cli/kairos.ts'

test('a folder, or a URL that ends with a slash', () => {
  expect(parseTraceRoot('/mnt/traces', {})).toEqual({ kind: 'folder', name: '/mnt/traces' })
  expect(parseTraceRoot('traces', {})).toEqual({ kind: 'folder', name: 'traces' })
  const { name, authorization } = parseTraceRoot('https://host/a/traces', {}) as {
    name: string
    authorization?: string
  }
  expect({ name, authorization }).toEqual({ name: 'https://host/a/traces/', authorization: undefined })
})

test('what is no text is refused', () => {
  expect(() => parseTraceRoot(5 as never, {})).toThrow('traceRoot: is 5; give a folder, or the URL of one')
})

test('a user name goes with the password of the environment, and neither is in the name', () => {
  const root = parseTraceRoot('http://us%40er@host:81/t/', { KAIROS_TRACE_PASSWORD: 'p:w' })
  expect(root).toMatchObject({
    name: 'http://host:81/t/',
    authorization: `Basic ${Buffer.from('us@er:p:w').toString('base64')}`,
  })
})

test.each([
  ['', /is empty/],
  ['s3://bucket/traces', /URL of s3; mount that storage/],
  ['file:///mnt', /URL of file/],
  ['http://', /is not a URL/],
  ['http://user:secret@host/', /has a password; leave it out/],
  ['http://host/?key=secret', /has a query/],
  ['http://host/#a', /fragment/],
])('refuses the root %j without repeating what may be secret', (text, message) => {
  const refused = () => parseTraceRoot(text, {})
  expect(refused).toThrow(
    expect.objectContaining({ code: 'BAD_USAGE', message: expect.stringMatching(message) }),
  )
  expect(refused).not.toThrow(/secret/)
})

test('paths stay below their root', () => {
  const root = parseTraceRoot('/mnt', {})
  expect(() => partsBelow(root, 5 as never)).toThrow('path: is 5; the path of a file is expected')
  expect(partsBelow(root, 'a/b c.csv')).toEqual(['a', 'b c.csv'])
  for (const file of [
    '',
    '/etc/passwd',
    '../a',
    'a/../../b',
    './a',
    'a//b',
    'a/',
    'http://host/a',
    'a\\..\\b',
    'a\0b',
  ]) {
    expect(() => partsBelow(root, file), String(file)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }))
  }
})

test('a root of this machine is a folder', async () => {
  const folder = temporaryFolder()
  await checkTraceRoot(parseTraceRoot(folder, {}))
  await checkTraceRoot(parseTraceRoot('http://127.0.0.1:1/', {}))
  for (const root of [join(folder, 'none'), fileURLToPath(import.meta.url)]) {
    await expect(checkTraceRoot(parseTraceRoot(root, {}))).rejects.toMatchObject({ code: 'NO_FILE' })
  }
})
