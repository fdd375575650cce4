import fc from 'fast-check'
import { parseString, writeToString } from 'fast-csv'
import { describe, expect, test } from 'vitest'
import { readTable } from '../../../src/files/tables/table.ts'
import { scratchFolder } from '../scratch.ts'

test.each([
  ['line feeds', 'a,b\n1,2\n3,4\n'],
  ['carriage returns and line feeds', 'a,b\r\n1,2\r\n3,4\r\n'],
  ['carriage returns alone', 'a,b\r1,2\r3,4\r'],
  ['no line end after the last row', 'a,b\n1,2\n3,4'],
  ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
  ['spaces around cells', 'a , b\n 1,2 \n3,\t4\n'],
  ['quotes', '"a",b\n1,"2"\n"3",4\n'],
  ['quotes with spaces around them', ' "a" ,b\n1,\t"2"\n"3" ,4\n'],
])('%s', async (_name, text) => {
  const { header, rows } = await readTable(scratchFolder().write('a.csv', text))
  expect(header).toEqual(['a', 'b'])
  expect(rows).toEqual([
    { line: 2, cells: ['1', '2'] },
    { line: 3, cells: ['3', '4'] },
  ])
})

/** Rows of blank cells are skipped. */
const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '')

/** A row that is not blank: a table needs one. */
const LAST = ['1', '2', '3']

test('what fast-csv writes is read as it was', async () => {
  const { write } = scratchFolder()
  const cell = fc.stringMatching(/^(?:\S(?:[a-z0-9.,;"\r\n -]{0,6}\S)?)?$/)
  const record = fc.array(cell, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (records, rowDelimiter) => {
        const written = [...records, LAST]
        const text = await writeToString([['x', 'y', 'z'], ...written], { rowDelimiter })
        const { rows } = await readTable(write('a.csv', text))
        expect(rows.map(({ cells }) => cells)).toEqual(written.filter((cells) => !isBlank(cells)))
      },
    ),
    { numRuns: 200 },
  )
})

test('agrees with fast-csv on text without quotes', async () => {
  const { write } = scratchFolder()
  const cell = fc.stringMatching(/^[a-z0-9.; -]{0,6}$/)
  const record = fc.array(cell, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), async (lines) => {
      const text = [['x', 'y', 'z'], ...lines, LAST].map((cells) => `${cells.join(',')}\n`).join('')
      const { header, rows } = await readTable(write('a.csv', text))
      expect([header, ...rows.map(({ cells }) => cells)]).toEqual(
        (await parsed(text)).filter((cells) => !isBlank(cells)),
      )
    }),
    { numRuns: 50 },
  )
})

describe('refuses', () => {
  test.each([
    ['', 'a.csv: is empty; was it written to the end? Make it again'],
    [' \n\n', 'a.csv: is empty; was it written to the end? Make it again'],
    ['a,b\n', 'a.csv line 2: there is no row after the header; add the data'],
    ['\na,b\n', 'a.csv line 3: there is no row after the header; add the data'],
    ['a,b,a\n1,2,3\n', 'a.csv line 1: a: the column is there twice; remove one of them'],
    [
      'a,b,,\n1,2,,\n',
      'a.csv line 1: has several columns without a name; remove them, or the commas at the ends of the lines',
    ],
    ['a,b,c\n1,2,3\n\n1,2', 'a.csv line 4: has 2 of the 3 columns; the line is cut off or lacks a comma'],
    [
      'sep=,\na,b,c\n1,2,3\n',
      'a.csv line 2: has 3 columns, not 2; remove the line sep= above the header: only spreadsheets read it',
    ],
    ['a,b\n1,2,3\n', 'a.csv line 2: has 3 columns, not 2; remove the extra commas, or quote the cell'],
    [
      '# by hand\na,b\n1,2\n',
      "a.csv line 2: has 2 columns, not 1; remove the extra commas, or quote the cell; if lines that begin with # are comments, remove them, such as by grep -v '^#'; if the header does, remove only its #",
    ],
    [
      '#,b\n1,2\n3\n',
      "a.csv line 3: has 1 of the 2 columns; the line is cut off or lacks a comma; if lines that begin with # are comments, remove them, such as by grep -v '^#'; if the header does, remove only its #",
    ],
    [
      'a,b\n1,2\n# by hand\n',
      "a.csv line 3: has 1 of the 2 columns; if lines that begin with # are comments, remove them, such as by grep -v '^#'",
    ],
    [
      'a,b\n1,2\n# by, the, hand\n',
      "a.csv line 3: has 3 columns, not 2; if lines that begin with # are comments, remove them, such as by grep -v '^#'",
    ],
    [
      'a,b\n1,"2""2"\n"3","4\n',
      'a.csv line 3: a quoted cell does not end; close the quote; inside a quoted cell, write a quote twice',
    ],
    [
      'a,b\n1,"2"x\n',
      'a.csv line 2: a quoted cell does not end; close the quote; inside a quoted cell, write a quote twice',
    ],
  ])('%j', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readTable(write('a.csv', text)))).toEqual({ code: 'BAD_FILE', message })
  })

  test('a missing file', async () => {
    const { path, refusal } = scratchFolder()
    expect(await refusal(readTable(path('no.csv')))).toEqual({
      code: 'NO_FILE',
      message: 'no.csv: there is no such file or folder; check the path',
    })
  })

  test('a folder', async () => {
    const { path, refusal } = scratchFolder()
    const { message } = await refusal(readTable(path('.')))
    expect(message).toMatch(/: is a folder; a file is expected$/)
  })

  test('a path that is not a text', async () => {
    const { refusal } = scratchFolder()
    expect(await refusal(readTable(undefined as never))).toEqual({
      code: 'BAD_USAGE',
      message: 'path: is undefined; the path of a file is expected',
    })
  })

  test.each([
    ['more than 32 MiB', `a\n${' '.repeat(33 << 20)}`],
    ['more than 1048576 rows', `a\n${'1\n'.repeat(1.1e6)}`],
  ])('%s', async (problem, text) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readTable(write('a.csv', text)))).toEqual({
      code: 'TOO_LARGE',
      message: `a.csv: has ${problem}; is this the right file?`,
    })
  })
})

async function parsed(text: string): Promise<string[][]> {
  const rows: string[][] = []
  for await (const row of parseString(text, { headers: false, trim: true })) rows.push(row as string[])
  return rows
}
