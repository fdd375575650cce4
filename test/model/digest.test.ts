import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'

test('equal content, equal digest: order of fields and what is undefined do not count', () => {
  expect(digestOf({ a: 1, b: [1, 'x', null, true] })).toBe(
    digestOf({ b: [1, 'x', null, true], c: undefined, a: 1 }),
  )
  expect(digestOf({ a: Float64Array.of(1, 2) })).toBe(digestOf({ a: Float64Array.of(1, 2).slice() }))
  expect(digestOf({ a: Float64Array.of(1, 2, 3).subarray(1) })).toBe(digestOf({ a: Float64Array.of(2, 3) }))
})

test('other content, another digest', () => {
  const different = [
    {},
    { a: 1 },
    { a: '1' },
    { a: [1] },
    { a: null },
    { a: Number.NaN },
    { a: Infinity },
    { a: { a: 1 } },
    { b: 1 },
    { a: Float64Array.of(1) },
    { a: Int32Array.of(1) },
    { a: new Int32Array(2) },
    { a: 1, b: 2 },
    { ab: 1 },
    { a: [[1], 2] },
    { a: [[1, 2]] },
  ]
  expect(new Set(different.map(digestOf)).size).toBe(different.length)
})

test('of plain data, digests are equal where JSON is', () => {
  const data = fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer())))
  const sorted = (value: Record<string, unknown>) => JSON.stringify(Object.entries(value).sort())
  fc.assert(
    fc.property(data, data, (a, b) => {
      expect(digestOf(a) === digestOf(b)).toBe(sorted(a) === sorted(b))
    }),
  )
})

test('the digest is that of SHA-256', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
  const expected = createHash('sha256').update('{1}"a":Uint8Array(1000)').update(bytes).digest('hex')
  expect(digestOf({ a: bytes })).toBe(expected)
})
