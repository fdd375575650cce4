import { expect, test } from 'vitest'
import { proseHtml, sectionsHtml } from '../../../src/report/page/html.ts'
import { textual } from '../../../src/report/table-columns.ts'

const cellOf = (text: string) => {
  const tables = [{ id: 't', caption: 'c', columns: [textual('configuration')], rows: [[text]] }]
  return /<td.*?<\/td>/.exec(sectionsHtml([{ id: 's', title: 's', tables }], new Map()))![0]
}

test('only long texts take several lines of a table: rows of others are all as high', () => {
  expect(cellOf('g4dn.xlarge=2,r5n.large=9')).toBe('<td>g4dn.xlarge=2,r5n.large=9</td>')
  const name = 'x'.repeat(50)
  expect(cellOf(`${name}=1,${name}=2`)).toBe(`<td class="long">${name}=1,<wbr>${name}=2</td>`)
})

test.each([
  ['نوع-0=3,gpu=1: at most 5', '<bdi>نوع-0</bdi>=3,gpu=1: at most 5'],
  ['g4-سريع=2,x-סוג=1', '<bdi>g4-سريع</bdi>=2,<bdi>x-סוג</bdi>=1'],
  ['نموذج التوصية: 99% within', '<bdi>نموذج التوصية</bdi>: 99% within'],
  ['why نوع.', 'why <bdi>نوع</bdi>.'],
  ['جدول.csv: no row', '<bdi>جدول.csv</bdi>: no row'],
  ['is "نوع&co" <b>', 'is &quot;<bdi>نوع</bdi>&amp;co&quot; &lt;b&gt;'],
  ['型号-1=2, é: a.b', '型号-1=2, é: a.b'],
])('a name that is written right to left turns no number beside it: %s', (text, html) => {
  expect(proseHtml(text)).toBe(html)
  const sections = [{ id: 's', title: text, paragraphs: [text] }]
  expect(sectionsHtml(sections, new Map()).split(`>${html}<`)).toHaveLength(3)
})
