import { describe, expect, test } from 'vitest'
import { type CsvEnd, type CsvOptions, readCsv } from '../../../src/files/io/csv.ts'
import type { Progress } from '../../../src/model/progress.ts'
import { scratchFolder } from '../scratch.ts'

type Row = readonly [line: number, ...cells: string[]]

async function rowsOf(text: string, options: CsvOptions = {}): Promise<{ rows: Row[]; end: CsvEnd }> {
  const rows: Row[] = []
  const end = await readCsv(scratchFolder().write('a.csv', text), options, (names, headerLine) => {
    rows.push([headerLine, ...names])
    return (cells, line) => rows.push([line, ...cells])
  })
  return { rows, end }
}

describe('the line of a row', () => {
  test.each([
    ['after blank lines', '\na,b\n\n1,2\n \n3,4\n', [2, 4, 6]],
    ['after blank lines, with quotes', '\n"a",b\n\n1,2\n\n3,"4"\n', [2, 4, 6]],
    ['after carriage returns', 'a,b\r1,2\r\r3,4', [1, 2, 4]],
    ['after a quoted cell with line ends', 'a,b\n1,"2\n2\r\n2\r2"\n3,4\n', [1, 2, 6]],
    ['after a quoted cell that starts with a line end', 'a,b\n"\n1",2\n3,4\n', [1, 2, 4]],
  ])('%s', async (_name, text, lines) => {
    const { rows } = await rowsOf(text)
    expect(rows.map(([line]) => line)).toEqual(lines)
  })
})

test.each(['a,b\n1,2\n,\n , \n"",""\n3,4\n,\n,,,\n', ',\na,b\n1,2\n3,4\n""\n'])(
  'rows of blank cells are blank lines: %j',
  async (text) => {
    const { rows } = await rowsOf(text)
    expect(rows.map(([, ...cells]) => cells)).toEqual([
      ['a', 'b'],
      ['1', '2'],
      ['3', '4'],
    ])
  },
)

test('a quote inside an unquoted cell is part of it, before and after quoted cells', async () => {
  const { rows } = await rowsOf('a,b\n5" disk,1\n"x",2\n6" disk,3\n')
  expect(rows.slice(1)).toEqual([
    [2, '5" disk', '1'],
    [3, 'x', '2'],
    [4, '6" disk', '3'],
  ])
})

test.each([';', '\t', '|', '→'])('the delimiter %j', async (delimiter) => {
  const text = 'a;b\n1;"2;2"\n\n;3\n'.replaceAll(';', delimiter)
  expect((await rowsOf(text, { delimiter })).rows).toEqual([
    [1, 'a', 'b'],
    [2, '1', `2${delimiter}2`],
    [4, '', '3'],
  ])
})

test.each([
  ['a,b\n1,2\n', 2, false],
  ['a,b\n1,2\r', 2, false],
  ['a,b\n1,2', 2, true],
  ['a,b\n1,"2"', 2, true],
  ['a,b\n1,2\n\n ', 2, true],
])('the end of %j', async (text, line, endsInsideLine) => {
  expect((await rowsOf(text)).end).toEqual({ line, endsInsideLine })
})

test('rows are the same wherever a piece of a long file ends', async () => {
  const kinds: ((i: number) => [text: string, cells: string[], lines: number])[] = [
    (i) => [`${i},plain`, [`${i}`, 'plain'], 1],
    (i) => [`${i},"a, b"`, [`${i}`, 'a, b'], 1],
    (i) => [`"${i}","say ""${'é'.repeat(i % 7)}"""`, [`${i}`, `say "${'é'.repeat(i % 7)}"`], 1],
    (i) => [`${i},"two\r\nlines, ""quoted"""`, [`${i}`, 'two\r\nlines, "quoted"'], 2],
    (i) => [`${i},5" disk`, [`${i}`, '5" disk'], 1],
    (i) => [`${i},${'long '.repeat(i % 50)}end`, [`${i}`, `${'long '.repeat(i % 50)}end`], 1],
  ]
  let text = 'a,b\r\n'
  let line = 2
  const expected: Row[] = [[1, 'a', 'b']]
  for (let i = 0; i < 60_000; i++) {
    // stretches without a quote, longer than a piece, between stretches of all kinds
    const kind = kinds[i % 20_000 < 10_000 ? 0 : (i * 7 + (i >> 3)) % kinds.length]
    const [row, cells, lines] = kind(i)
    text += `${row}${i % 2 ? '\r\n' : '\n'}`
    expected.push([line, ...cells])
    line += lines
  }
  const { rows, end } = await rowsOf(text)
  expect(rows).toEqual(expected)
  expect(end).toEqual({ line: expected.at(-1)![0], endsInsideLine: false })
})

test('refuses a header that is given for a file that has it', async () => {
  const { write, refusal } = scratchFolder()
  const file = write('a.csv', 'a, b\n1,2\n')
  expect(await refusal(readCsv(file, { header: ['a', 'b'] }, () => () => undefined))).toMatchObject({
    message: expect.stringMatching(/a.csv line 1: names the columns; leave --header out$/),
  })
  const { rows } = await rowsOf('1,2\na,b\n', { header: ['a', 'b'] })
  expect(rows).toHaveLength(3)
})

test('an error of the callback ends the reading', async () => {
  const { write } = scratchFolder()
  const file = write('a.csv', `a\n${'1\n'.repeat(500_000)}`)
  let taken = 0
  const reading = readCsv(file, {}, () => () => {
    taken++
    throw new RangeError('enough')
  })
  await expect(reading).rejects.toThrow(RangeError)
  expect(taken).toBe(1)
})

test.each([
  ['a line without end', 'x'.repeat(3 << 20), 'line 1: is longer than 1048576 characters'],
  ['a quoted cell without end', `a\n"${'x\n'.repeat(1 << 20)}`, 'line 2: a quoted cell does not end'],
])('refuses %s early', async (_name, text, message) => {
  let done = 0
  const { write, refusal } = scratchFolder()
  const file = write('a.csv', text)
  const onProgress = (progress: Progress) => {
    done = progress.done
  }
  const found = await refusal(readCsv(file, { onProgress }, () => () => undefined))
  expect(found).toMatchObject({ code: 'BAD_FILE', message: expect.stringContaining(message) })
  expect(done).toBeLessThan(1.5 * 2 ** 20)
})
