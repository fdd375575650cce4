import { expect, test } from 'vitest'
import { forwardedHeaders } from '../../../src/serve/grpc/headers.ts'

test.each<[string, string, string[], string | string[]]>([
  ['a repeated name: its values stay apart', 'a, b, c', ['a', 'b, c'], ['a', 'b, c']],
  ['one value with a comma', 'a, b', ['a, b'], 'a, b'],
  ['a name that node:http2 takes once', 'a, b', ['a, b', 'c'], 'a, b'],
  ['pieces of a cookie', 'a=1, 2; b=3', ['a=1, 2', 'b=3'], 'a=1, 2; b=3'],
])('forwards %s', (_what, joined, values, forwarded) => {
  const raw = values.flatMap((value) => ['x-text', value])
  expect(forwardedHeaders({ 'x-text': joined }, raw)).toEqual({ 'x-text': forwarded })
})
