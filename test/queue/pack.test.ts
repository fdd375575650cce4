import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, unpack } from '../../src/queue/pack.ts'

test('plain data is the same after packing, to the last bit', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.double(),
      fc.constantFrom(-0, Number.NaN, -Infinity),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.float64Array(),
      fc.int32Array(),
      fc.array(tie('any')),
      fc.dictionary(
        fc.string().filter((name) => !/^\$|^__proto__$/.test(name)),
        tie('any'),
        { noNullPrototype: true },
      ),
    ),
  })).any
  fc.assert(
    fc.property(value, (each) => {
      expect(unpack(pack(each))).toStrictEqual(each)
    }),
  )
  expect(() => unpack('{')).toThrow('was not written by kairos-wasm')
})
