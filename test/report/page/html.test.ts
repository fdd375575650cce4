import { expect, test } from 'vitest'
import { sectionsHtml } from '../../../src/report/page/html.ts'
import { textual } from '../../../src/report/table-columns.ts'

const cellOf = (text: string) => {
  const tables = [{ id: 't', caption: 'c', columns: [textual('configuration')], rows: [[text]] }]
  return /<td.*?<\/td>/.exec(sectionsHtml([{ id: 's', title: 's', tables }], new Map()))![0]
}

test('only long texts take several lines of a table: rows of others are all as high', () => {
  expect(cellOf('g4dn.xlarge=2,r5n.large=9')).toBe('<td dir="auto">g4dn.xlarge=2,r5n.large=9</td>')
  const name = 'x'.repeat(50)
  expect(cellOf(`${name}=1,${name}=2`)).toBe(`<td dir="auto" class="long">${name}=1,<wbr>${name}=2</td>`)
})
