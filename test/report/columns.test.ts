import { expect, test } from 'vitest'
import { columnWriter, inColumns, wrappedCell } from '../../src/report/columns.ts'

test('a column is as wide as its widest cell, without trailing spaces', () => {
  const lines = [
    ['name', 'q/s', ''],
    ['gpu', '10.5', '█▋'],
    ['cpu', '', ''],
  ]
  expect(inColumns(lines, [0, 2])).toBe('name   q/s\ngpu   10.5  █▋\ncpu\n')
  expect(inColumns(lines, [0, 2], { 1: 6 })).toBe('name     q/s\ngpu     10.5  █▋\ncpu\n')
})

test('characters of two columns of a terminal count as two, and colours as none', () => {
  const name = '日本語インスタンス大型'
  expect(
    inColumns([
      [name, '1'],
      ['gpu-😀', '2'],
      ['x'.repeat(22), '3'],
    ]),
  ).toBe(`${name}  1\ngpu-😀                  2\n${'x'.repeat(22)}  3\n`)
  expect(
    inColumns([
      ['\u001b[1ma\u001b[22m', '1'],
      ['bc', '2'],
    ]),
  ).toBe('\u001b[1ma\u001b[22m   1\nbc  2\n')
})

test('a cell may have several lines', () => {
  expect(wrappedCell('10–20, 30 (50.0%), 40', 12)).toBe('10–20, 30\n(50.0%), 40')
  expect(
    inColumns(
      [
        ['a', '10,\n20', '1'],
        ['b', '5', '2'],
      ],
      [0, 1],
    ),
  ).toBe('a  10,  1\n   20\nb  5    2\n')
})

test('a later part with wider cells keeps one line a row, and widens the parts after it', () => {
  const write = columnWriter([], {})
  expect(write([['9', 'a']])).toBe('9  a\n')
  expect(
    write([
      ['1000', 'b'],
      ['1', 'c'],
    ]),
  ).toBe('1000  b\n   1  c\n')
  expect(write([['2', 'd']])).toBe('   2  d\n')
})
