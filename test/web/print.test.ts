/** Reports on paper, and their tables on a screen. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { reportHtml } from '../../src/report/page/document.ts'
import { rankingPage } from '../../src/report/page/ranking-page.ts'
import { temporaryFolder } from '../cli/kairos.ts'
import { closePages, launch, open, openPlanner, shoot } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => closePages(browser))
afterAll(() => browser.close())

/** Opens a report of one row of types with long names. */
async function openReport(
  count: number,
  viewport: { width: number; height: number },
  prefix = 'standard-nc24ads-a100-v4-region-europe-west-',
) {
  const names = Array.from({ length: count }, (_, t) => `${prefix}${t}`)
  const types = names.map((name) => ({ name, max: 99, pricePerHour: 0.5 }))
  const head = {
    ...{ workload: { model: 'm', qosMs: 10, percentile: 99 }, considered: 1, bound: 'fluid' as const },
    space: { types, budgetPerHour: 900 },
  }
  const row = { rank: 1, counts: names.map(() => 12), costPerHour: 123.4567, bound: 9876.5, closedForm: 9000 }
  const { sections, ...page } = rankingPage({ head, rows: [{ ...row, limits: names }] })
  const plain = sections.map(({ figures, ...section }) => section)
  const file = join(temporaryFolder(), 'report.html')
  writeFileSync(
    file,
    await reportHtml(readFileSync('build/page.html', 'utf8'), { ...page, sections: plain }, {}),
  )
  return open(browser, file, {
    viewport,
    javaScriptEnabled: false,
  })
}

/** The pieces of names that take several lines, where a name may be divided only between its pieces. */
function dividedParts(page: Page, cells: string) {
  return page.locator(cells).evaluateAll((all) =>
    all.flatMap((cell) =>
      [...cell.childNodes].flatMap((node) => {
        const range = document.createRange()
        range.selectNodeContents(node)
        const tops = [...range.getClientRects()].map(({ top }) => top)
        return new Set(tops).size > 1 ? [node.textContent] : []
      }),
    ),
  )
}

test.each([
  [6, 'standard-nc24ads-a100-v4-region-europe-west-'],
  [9, 'standard-nc24ads-a100-v4-region-europe-west-'],
  [6, 'Standardnc24adsa100v4regioneuropewest'],
])('the table of %i types named %s… fits a screen of 1280 pixels', async (count, prefix) => {
  const { page } = await openReport(count, { width: 1280, height: 900 }, prefix)
  await shoot(page, `report-screen-${count}-${prefix}types`)
  const place = page.locator('.table').first()
  const [needed, given] = await place.evaluate((table) => [table.scrollWidth, table.clientWidth])
  expect(needed).toBeLessThanOrEqual(given)
  const number = page.locator('#table-ranking tbody .number').last()
  expect(await number.evaluate((cell) => cell.getBoundingClientRect().right)).toBeLessThan(1280)
})

test.each([6, 16])('numbers beside %i types with long names stand on one line', async (count) => {
  const opened = await openReport(count, { width: 794, height: 1123 })
  await opened.page.emulateMedia({ media: 'print' })
  await shoot(opened.page, `report-print-${count}-types`)
  const cells = opened.page.locator('#table-ranking .number')
  const lines = await cells.evaluateAll((all) =>
    all.map((cell) => {
      const range = document.createRange()
      range.selectNodeContents(cell)
      return { text: cell.textContent ?? '', lines: range.getClientRects().length }
    }),
  )
  const texts = ['$/hour', '1', '123.4567', '9,876.5', '0.347', '9,000.0', ...(count === 6 ? ['12'] : [])]
  const whole = lines.filter(({ lines }) => lines === 1).map(({ text }) => text)
  expect(whole).toEqual(expect.arrayContaining(texts))
  expect(await opened.page.evaluate(() => document.documentElement.scrollWidth)).toBe(794)
  expect(await dividedParts(opened.page, 'td.long')).toEqual([])
})

test('words of headings, parts of names and names of types stay whole on paper', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 700, height: 1000 } })
  await page.emulateMedia({ media: 'print' })
  const names = '#table-ranking thead th:not(.choice), #table-explanation tbody td:first-child'
  const heads = page.locator(names)
  const lines = await heads.evaluateAll((all) =>
    all.map((head) => {
      const range = document.createRange()
      range.selectNodeContents(head)
      const tops = [...range.getClientRects()].map(({ top }) => top)
      // a cell of the body has its name in one line
      const parts = head.tagName === 'TD' ? 1 : head.textContent!.split(/[ .]/).length
      return { text: head.textContent, lines: new Set(tops).size, parts }
    }),
  )
  const divided = lines.filter(({ lines: count, parts }) => count > parts)
  expect(lines.map(({ text }) => text).filter((text) => text === 'g4dn.xlarge')).toHaveLength(2)
  expect(divided).toEqual([])
})

test('a field that is reached by Tab stands above the fade of the form', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 1280, height: 500 } })
  await page.locator('#planner').evaluate((form) => form.querySelector<HTMLElement>('input, select')!.focus())
  const depths: number[] = []
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press('Tab')
    depths.push(
      await page.evaluate(() => {
        const form = document.querySelector('#planner')!.getBoundingClientRect()
        return form.bottom - document.activeElement!.getBoundingClientRect().bottom
      }),
    )
  }
  expect(Math.min(...depths)).toBeGreaterThanOrEqual(40)
})

test('a price of many digits is shown whole in its field', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 1280, height: 900 } })
  const field = page.locator('#types td:nth-child(2) input').first()
  const widthOf = () => field.evaluate((input) => input.getBoundingClientRect().width)
  const usual = await widthOf()
  await field.fill('1234.56789')
  expect(await field.evaluate((input) => input.scrollWidth <= input.clientWidth)).toBe(true)
  expect(await widthOf()).toBeGreaterThan(usual)
})

test('a large count is shown whole in its field, and a name is divided between its parts', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 360, height: 740 } })
  const field = page.locator('[data-field=max][data-type="0"]')
  await field.fill('2000')
  expect(await field.evaluate((input) => input.scrollWidth <= input.clientWidth)).toBe(true)
  const name = page.locator('#types tbody th').first()
  const lines = await name.evaluate((head) => {
    return [...head.childNodes].flatMap((node) => {
      const range = document.createRange()
      range.selectNodeContents(node)
      const tops = [...range.getClientRects()].map(({ top }) => top)
      return node.textContent ? [[node.textContent, new Set(tops).size]] : []
    })
  })
  expect(lines).toEqual([
    ['g4dn.', 1],
    ['xlarge', 1],
  ])
})
