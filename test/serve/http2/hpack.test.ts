import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBlockCache, InvalidBlock, readBlock, writeBlock } from '../../../src/serve/http2/hpack.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

describe('a header block', () => {
  test.each([
    [
      'RFC 7541, C.4.1',
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
    ],
    [
      'RFC 7541, C.6.1',
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
       97c8 e9ae 82ae 43d3`.replaceAll('\n', ''),
      {
        ':status': '302',
        'cache-control': 'private',
        date: 'Mon, 21 Oct 2013 20:13:21 GMT',
        location: 'https://www.example.com',
      },
    ],
    ['fields that are never indexed', '10 0161 0162', { a: 'b' }],
    ['a table of size 0', '20 88', { ':status': '200' }],
    ['fields of one name', '00 0161 0162 00 0161 0163 88 8d', { a: 'b, c', ':status': '200' }],
    ['cookies, one by one', '0f28 0162 0f28 0163', { 'set-cookie': ['b', 'c'] }],
  ])('has the fields of %s', (_what, hex, headers) => {
    expect(readBlock(bytes(hex))).toEqual(headers)
  })

  test('may name a field as a property that all objects have', () => {
    const name = Buffer.from('__proto__')
    const headers = readBlock(Buffer.concat([Buffer.of(0, name.length), name, bytes('0162')]))
    expect(Object.keys(headers)).toEqual(['__proto__'])
    expect(({} as { b?: unknown }).b).toBeUndefined()
  })

  test('is read as it was written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,200}$/).filter((text) => text !== 'set-cookie')
    const value = fc
      .array(fc.integer({ min: 32, max: 255 }), { maxLength: 400 })
      .map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (headers) => {
        expect(readBlock(writeBlock(headers))).toEqual(headers)
      }),
    )
  })

  test('that is none is refused, and any bytes end', () => {
    const short = '80 be ff80 40 00 01 0081ff 21 3fe11f 3fffffffff0f 0081fe 0084ffffffff'
    for (const hex of short.split(' ')) expect(() => readBlock(bytes(hex)), hex).toThrow(InvalidBlock)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
        try {
          readBlock(random)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidBlock)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('that comes again gives the same headers', () => {
    const read = createBlockCache()
    const block = bytes('88 0f10 1061 70706c 6963 6174 696f 6e2f 6772 7063')
    expect(read(block)).toEqual({ ':status': '200', 'content-type': 'application/grpc' })
    expect(read(Buffer.from(block))).toBe(read(block))
  })
})
