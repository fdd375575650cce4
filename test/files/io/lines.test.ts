import { expect, test } from 'vitest'
import { textDecoder } from '../../../src/files/io/lines.ts'

/** A block of tar (POSIX.1-1988, ustar): the name of a file from 0 on, `ustar` from 257 on. */
function tarHeader(name: string): Buffer {
  const block = Buffer.alloc(512)
  block.write(name)
  block.write('ustar', 257)
  return block
}

test.each([
  [[0x1f, 0x8b, 8, 0], 'a: is packed by gzip; unpack it by gzip -d'],
  [[0xff, 0xfe, 97, 0], 'a: is text in UTF-16; write it in UTF-8, such as by iconv -f UTF-16 -t UTF-8'],
  [[0xfe, 0xff, 0, 97], 'a: is text in UTF-16; write it in UTF-8, such as by iconv -f UTF-16 -t UTF-8'],
  [[97, 0], 'a: is not text in UTF-8; unpack or convert it first'],
  [[97, 0xff, 1], 'a: is not text in UTF-8; unpack or convert it first'],
  [
    [0x47, 0x72, 0xf6, 0xdf, 0x65],
    'a: is not text in UTF-8; write it in UTF-8, such as by iconv -f WINDOWS-1252 -t UTF-8',
  ],
  [[0x28, 0xb5, 0x2f, 0xfd, 4], 'a: is packed by zstd; unpack it by zstd -d'],
  [
    [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xff],
    'a: is packed by bzip2; unpack it by bzip2 -d',
  ],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'a: is packed by xz; unpack it by xz -d'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0], 'a: is an archive of 7-Zip; unpack it by 7z x'],
  [[...tarHeader('a.csv')], 'a: is an archive of tar; unpack it by tar -xf'],
  [
    [0x50, 0x4b, 3, 4, 0x14, 0],
    'a: is a ZIP archive or a spreadsheet; unpack an archive by unzip; save a spreadsheet as CSV in UTF-8',
  ],
  [[0xd0, 0xcf, 0x11, 0xe0, 0xa1], 'a: is a spreadsheet of Excel; save it as CSV in UTF-8'],
  [
    [0x50, 0x41, 0x52, 0x31, 0x15, 0],
    "a: is in Parquet; write it as CSV, such as by DuckDB: COPY (FROM 'in.parquet') TO 'out.csv'",
  ],
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
