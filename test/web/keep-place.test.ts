/** What stays where it is when a part of the page is replaced. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { fill, open, settled, sharedPlanner } from './browser.ts'

const { planner, browser } = sharedPlanner()

/** Whether the element that has the focus matches a selector. */
const hasFocus = (page: Page, selector: string) =>
  page.evaluate((of) => document.activeElement?.matches(of), selector)

/** Edits a field without giving it the focus. */
async function editBehind(page: Page, id: string, value: string): Promise<void> {
  await page.$eval(
    `#${id}`,
    (field, text) => {
      ;(field as HTMLInputElement).value = text
      field.dispatchEvent(new Event('input', { bubbles: true }))
    },
    value,
  )
  await settled(page)
}

test.each([
  ['a table', '.table:has(#table-ranking)'],
  ['the data of a figure', '#figure-budget a'],
  ['the picture of a figure', '#figure-budget button'],
])('%s that has the focus has it after results are replaced', async (_, selector) => {
  const { page, faults } = await planner()
  await page.focus(selector)
  const replaced = await page.$(selector)
  await editBehind(page, 'budget', '2.6')
  expect(await replaced!.evaluate((part) => part.isConnected)).toBe(false)
  expect(await hasFocus(page, selector)).toBe(true)
  expect(faults).toEqual([])
})

test('a picture that is scrolled by the keyboard keeps the focus, and its place in the page', async () => {
  const { page } = await planner()
  await page.setViewportSize({ width: 240, height: 740 })
  await editBehind(page, 'budget', '2.4')
  const plot = page.locator('#figure-cost-bound .plot')
  await expect.poll(() => plot.getAttribute('tabindex')).toBe('0')
  await plot.focus()
  await plot.evaluate((place) => {
    place.scrollLeft = 20
  })
  await editBehind(page, 'budget', '2.6')
  expect(await hasFocus(page, '#figure-cost-bound .plot')).toBe(true)
  expect(await plot.evaluate((place) => place.scrollLeft)).toBe(20)
  await page.setViewportSize({ width: 1280, height: 900 })
  await expect.poll(() => plot.evaluate((place) => place.scrollWidth > place.clientWidth)).toBe(false)
  expect(await hasFocus(page, '#figure-cost-bound .plot')).toBe(true)
})

test('a row that is gone gives the focus to its table, and a table that is gone to the results', async () => {
  const { page } = await planner()
  await page.locator('[data-choose]').nth(15).focus()
  await editBehind(page, 'rows', '3')
  expect(await hasFocus(page, '.table:has(#table-ranking)')).toBe(true)
  await editBehind(page, 'budget', '0.01')
  expect(await hasFocus(page, '#results')).toBe(true)
  await editBehind(page, 'budget', '2.5')
})

test('a chosen row of a report keeps the focus in the ranking that replaces the report', async () => {
  const file = join(temporaryFolder(), 'report.html')
  await kairosHere(['allocate', '--model', 'dien', '--report', file, '--quiet'])
  const { page } = await open(browser(), file)
  await settled(page)
  const name = await page.locator('#report [data-choose]').nth(2).getAttribute('data-choose')
  await page.locator('#report [data-choose]').nth(2).press('Enter')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  expect(await hasFocus(page, `#live [data-choose="${name}"]`)).toBe(true)
  await page.context().close()
})

test('a field of a type keeps the focus when the types are replaced', async () => {
  const { page } = await planner()
  await page.focus('[data-field=max][data-type="1"]')
  const count = await page.evaluate(() => {
    const types = [
      { name: 'g4dn.xlarge', max: 2, pricePerHour: 1 },
      { name: 'r5n.large', max: 7, pricePerHour: 1 },
    ]
    const data = new DataTransfer()
    data.items.add(new File([JSON.stringify({ types, budgetPerHour: 5 })], 'space.json'))
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: data }))
    return types.length
  })
  await expect.poll(() => page.locator('#types tbody tr').count()).toBe(count)
  await settled(page)
  expect(await hasFocus(page, '[data-field=max][data-type="1"]')).toBe(true)
})

test('a table stays as far scrolled as it was', async () => {
  const { page } = await planner()
  await page.setViewportSize({ width: 360, height: 740 })
  const table = page.locator('.table:has(#table-ranking)')
  await table.evaluate((place) => {
    place.scrollLeft = 100
  })
  await editBehind(page, 'budget', '2.6')
  expect(await table.evaluate((place) => place.scrollLeft)).toBe(100)
})

test('an edit draws a picture again only where the width of its plot changes', async () => {
  const { page } = await planner()
  await page.setViewportSize({ width: 1600, height: 900 })
  await editBehind(page, 'rows', '21')
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype
    document.body.dataset.drawn = '0'
    Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
      const { name } = given[0] as { name: string }
      const { dataset } = document.body
      if (name === 'draw') dataset.drawn = String(Number(dataset.drawn) + 1)
      postMessage.apply(this, given as Parameters<typeof postMessage>)
    }
  })
  const drawnAt = async (width: number) => {
    const before = Number(await page.evaluate(() => document.body.dataset.drawn))
    await page.setViewportSize({ width, height: 900 })
    // the same answer is shown again
    await page.locator('[data-choose]').first().click()
    await settled(page)
    return Number(await page.evaluate(() => document.body.dataset.drawn)) - before
  }
  expect(await drawnAt(1400)).toBe(0)
  expect(await drawnAt(1360)).toBe(0)
  expect(await drawnAt(1100)).toBeGreaterThan(0)
})

test('the status tells a screen reader the heading of a new answer, and only that', async () => {
  const { page } = await planner()
  const heard = page.locator('#status .hidden')
  await fill(page, 'budget', '1.5')
  expect(await heard.textContent()).toBe(` ${await page.textContent('#heading')}.`)
  // more rows have the same heading
  await fill(page, 'rows', '30')
  expect(await heard.count()).toBe(0)
})
