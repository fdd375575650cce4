import { expect, test } from 'vitest'
import { proseHtml, sectionsHtml } from '../../../src/report/page/html.ts'
import { textual } from '../../../src/report/table-columns.ts'

const cellOf = (text: string) => {
  const tables = [{ id: 't', caption: 'c', columns: [textual('configuration')], rows: [[text]] }]
  return /<td.*?<\/td>/.exec(sectionsHtml([{ id: 's', title: 's', tables }], new Map()))![0]
}

test('only long texts take several lines of a table: rows of others are all as high', () => {
  expect(cellOf('g4dn.xlarge=2,r5n.large=9')).toBe('<td>g4dn.xlarge=2,r5n.large=9</td>')
  expect(cellOf('x'.repeat(32))).not.toContain('long')
  const name = 'x'.repeat(50)
  expect(cellOf('standard-nc24ads-a100-v4-region-europe')).toContain('<td class="long">standard-<wbr>')
  expect(cellOf(`${name}=1,${name}=2`)).toBe(`<td class="long divided">${name}=1,<wbr>${name}=2</td>`)
})

test('names in headings are divided between their parts, numbers never, and sentences only between types', () => {
  const headOf = (name: string) => {
    const tables = [{ id: 't', caption: 'c', columns: [textual(name)], rows: [] }]
    return /<th .*?>(.*)<\/th>/.exec(sectionsHtml([{ id: 's', title: 's', tables }], new Map()))![1]
  }
  expect(headOf('c5.2xlarge busy')).toBe('c5.<wbr>2xlarge busy')
  expect(headOf('c5n.9xlarge of g4dn.2xlarge')).toBe('c5n.<wbr>9xlarge of g4dn.<wbr>2xlarge')
  for (const number of ['1.5x', '2.5ms', '0.5s', '12.5q/s', '1e-5', '2.5e-5s'])
    expect(headOf(number)).toBe(number)
  expect(headOf('node-2-b')).toBe('node-<wbr>2-<wbr>b')
  expect(headOf('gpu_a100-zone-1')).toBe('gpu_<wbr>a100-<wbr>zone-<wbr>1')
  expect(headOf('cents per 1,000 queries of 1.50')).toBe('cents per 1,000 queries of 1.50')
  expect(proseHtml('a=1,000,2xlarge=3: 1,000')).toBe('a=1,000,<wbr>2xlarge=3: 1,000')
  expect(proseHtml('c5.2xlarge=1,gpu=2: 1,000 q/s, no')).toBe('c5.2xlarge=1,<wbr>gpu=2: 1,000 q/s, no')
})

test.each([
  ['نوع-0=3,gpu=1: at most 5', '<bdi>نوع-0</bdi>=3,<wbr>gpu=1: at most 5'],
  ['g4-سريع=2,x-סוג=1', '<bdi>g4-سريع</bdi>=2,<wbr><bdi>x-סוג</bdi>=1'],
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
