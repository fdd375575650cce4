import { expect, test } from 'vitest'
import { isTyped, sliceTyped } from '../../../src/serve/protocols/typed-tensor.ts'

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('elements that are not packed are divided as those that are', () => {
  for (const contents of ['1001 10ac02 1003', '1202 01ac 1202 0203', '1001 1203 ac0203']) {
    const pieces = sliceTyped('INT32', bytes(contents), 3, [2, 3])!
    expect(pieces.map((piece) => Buffer.from(piece).toString('hex'))).toEqual(['120301ac02', '120103'])
  }
})

test.each(['BOOL', 'INT32', 'INT64', 'FP32', 'BYTES'])(
  'each piece of %s without elements is empty',
  (datatype) => {
    const pieces = sliceTyped(datatype, bytes(''), 0, [0, 0])!
    expect(pieces.map((piece) => isTyped(datatype, piece, 0))).toEqual([true, true])
  },
)

test.each([
  ['a varint of eleven bytes', 'INT64', '1a0b ffffffffffffffffffff01'],
  ['a varint that is cut off', 'INT64', '1a02 0180'],
  ['two varints', 'INT64', '1a02 0102'],
  ['no varint', 'INT64', ''],
  ['a number of three bytes', 'FP32', '3203 000000'],
  ['two texts', 'BYTES', '420161 420162'],
  ['no text', 'BYTES', ''],
])('%s is no tensor of one element', (_what, datatype, contents) => {
  expect(isTyped(datatype, bytes(contents), 1)).toBe(false)
})

test.each([
  ['FP32', '3a08 0000000000000000'],
  ['BYTES', '3204 00000000'],
  ['INT32', '0801'],
  ['INT32', '081001'],
  ['INT32', '15 00000000'],
])('a field of another type is no %s', (datatype, contents) => {
  expect(() => isTyped(datatype, bytes(contents), 1)).toThrow('is not a message of this protocol')
})
