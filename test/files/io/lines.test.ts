import { expect, test } from 'vitest'
import { textDecoder } from '../../../src/files/io/lines.ts'

test.each([
  [[0x1f, 0x8b, 8, 0], 'a: is packed by gzip; unpack it by gzip -d'],
  [[0xff, 0xfe, 97, 0], 'a: is text in UTF-16; write it in UTF-8, such as by iconv -f UTF-16 -t UTF-8'],
  [[0xfe, 0xff, 0, 97], 'a: is text in UTF-16; write it in UTF-8, such as by iconv -f UTF-16 -t UTF-8'],
  [[97, 0], 'a: is not text in UTF-8; unpack or convert it first'],
  [[97, 0xff], 'a: is not text in UTF-8; unpack or convert it first'],
])('bytes %j are refused with what they are', (bytes, message) => {
  expect(() => textDecoder('a').decode(Buffer.from(bytes))).toThrow(message)
})

test('a pointer of Git LFS is refused', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4665a5ea\nsize 12345\n'
  expect(() => textDecoder('a').decode(Buffer.from(pointer))).toThrow(
    'a: is a pointer of Git LFS in place of the file; fetch the file, such as by git lfs pull',
  )
})

test('later bytes are not taken for the start of a file', () => {
  const decoder = textDecoder('a')
  expect(decoder.decode(Buffer.from('b'))).toBe('b')
  expect(() => decoder.decode(Buffer.of(0xff, 0xfe))).toThrow('a: is not text in UTF-8')
})
