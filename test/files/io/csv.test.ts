import fc from 'fast-check'
import { parseString } from 'fast-csv'
import { describe, expect, test } from 'vitest'
import { csvLine, readCsv } from '../../../src/files/io/csv.ts'
import { scratchFolder } from '../scratch.ts'

test.each([
  ['line feeds', 'a,b\n1,2\n3,4\n'],
  ['carriage returns too', 'a,b\r\n1,2\r\n3,4\r\n'],
  ['no line end at the end', 'a,b\n1,2\n3,4'],
  ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
  ['spaces around cells', 'a , b\n 1,2 \n3,\t4\n'],
  ['quotes', '"a",b\n1,"2"\n"3",4\n'],
])('%s', async (_name, text) => {
  const { header, rows } = await readCsv(scratchFolder().write('a.csv', text))
  expect(header).toEqual(['a', 'b'])
  expect(rows).toEqual([
    { line: 2, cells: ['1', '2'] },
    { line: 3, cells: ['3', '4'] },
  ])
})

test.each([
  ['blank lines', '\na,b\n\n1,2\n \n3,4\n', [4, 6]],
  ['blank lines in a quoted file', '\n"a",b\n\n1,2\n\n3,4\n', [4, 6]],
  ['line ends inside a quoted cell', 'a,b\n1,"2\n2\r\n2"\n3,4\n', [2, 5]],
])('lines are counted over %s', async (_name, text, lines) => {
  const { rows } = await readCsv(scratchFolder().write('a.csv', text))
  expect(rows.map(({ line }) => line)).toEqual(lines)
})

describe('refuses', () => {
  test.each([
    ['', 'a.csv: is empty; was it written to the end? Make it again'],
    [' \n\n', 'a.csv: is empty; was it written to the end? Make it again'],
    ['a,b\n', 'a.csv line 2: there is no line behind the header; add the data'],
    ['a,b,a\n1,2,3\n', 'a.csv line 1: a: the column is there twice; remove one of them'],
    ['a,b,c\n1,2,3\n\n1,2', 'a.csv line 4: has 2 of the 3 columns; the line is cut off or lacks a comma'],
    ['a,b\n1,2,3\n', 'a.csv line 2: has 3 of the 2 columns; remove the extra commas, or quote the cell'],
    [
      'a,b\n1,"2""2"\n"3","4\n',
      'a.csv line 3: a quoted cell does not end where it should; close it; a quote inside of it is written twice',
    ],
    [
      'a,b\n1,"2"x\n',
      'a.csv line 2: a quoted cell does not end where it should; close it; a quote inside of it is written twice',
    ],
  ])('%j', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readCsv(write('a.csv', text)))).toEqual({ code: 'BAD_FILE', message })
  })

  test('a missing file', async () => {
    const { path, refusal } = scratchFolder()
    expect(await refusal(readCsv(path('no.csv')))).toEqual({
      code: 'NO_FILE',
      message: 'no.csv: there is no such file or folder; check the path',
    })
  })

  test('a folder', async () => {
    const { path, refusal } = scratchFolder()
    const { message } = await refusal(readCsv(path('.')))
    expect(message).toMatch(/: is a folder; a file is expected$/)
  })
})

test('splitting by hand agrees with the parser', async () => {
  const { write } = scratchFolder()
  const cell = fc.stringMatching(/^[a-z0-9.; -]{0,6}$/)
  const record = fc.array(cell, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (lines, end) => {
        const text = [['x', 'y', 'z'], ...lines].map((cells) => cells.join(',') + end).join('')
        const { header, rows } = await readCsv(write('a.csv', text))
        expect([header, ...rows.map(({ cells }) => cells)]).toEqual(await parsed(text))
      },
    ),
    { numRuns: 50 },
  )
})

test('what is written is read again', async () => {
  const { write } = scratchFolder()
  const cells = ['plain', 'a,b', 'say "so"', 'two\nlines', '1.5']
  const { rows } = await readCsv(write('a.csv', csvLine(['a', 'b', 'c', 'd', 'e']) + csvLine(cells)))
  expect(rows).toEqual([{ line: 2, cells }])
})

async function parsed(text: string): Promise<string[][]> {
  const rows: string[][] = []
  for await (const row of parseString(text, { headers: false, trim: true })) rows.push(row as string[])
  return rows
}
