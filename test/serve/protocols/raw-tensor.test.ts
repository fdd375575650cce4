import { expect, test } from 'vitest'
import { isRaw, sliceRaw } from '../../../src/serve/protocols/raw-tensor.ts'

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('texts are divided with their lengths', () => {
  const texts = bytes('02000000 6162 00000000 01000000 63')
  expect(sliceRaw('BYTES', texts, 3, [2, 3])).toEqual([texts.subarray(0, 10), texts.subarray(10)])
})

test('each piece of a tensor without elements is empty', () => {
  const empty = bytes('')
  for (const datatype of ['BYTES', 'INT64'])
    expect(sliceRaw(datatype, empty, 0, [0, 0])).toEqual([empty, empty])
})

test.each(['', '020000', '02000000', '02000000 61', '02000000 616263', 'ffffffff 61'])(
  '"%s" is not one text',
  (text) => {
    expect(isRaw('BYTES', bytes(text), 1)).toBe(false)
  },
)
