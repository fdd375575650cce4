/** The fields of the page and what they make of each other. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fill, settled, sharedPlanner } from './browser.ts'

const { planner } = sharedPlanner()

const commandOf = async (page: Page) => (await page.textContent('#command'))!

test('a field and its slider follow each other, up to four times the first value', async () => {
  const { page } = await planner()
  const slider = (id: string) =>
    page.$eval(`#${id}-range`, (element) => {
      const { min, max, step, value } = element as HTMLInputElement
      return [min, max, step, value]
    })
  expect(await slider('qos')).toEqual(['1', '1400', '1', '350'])
  expect(await slider('budget')).toEqual(['0.01', '10', '0.01', '2.5'])
  expect((await slider('percentile'))[0]).toBe('90')
  await fill(page, 'qos', '300')
  expect((await slider('qos'))[3]).toBe('300')
  await fill(page, 'budget-range', '4')
  expect(await page.inputValue('#budget')).toBe('4')
  expect(await commandOf(page)).toContain('--qos-ms 300 --percentile 99 --budget 4 --top-n 20')
})

test('fields take what the flags of the command line take, down to a millionth', async () => {
  const { page } = await planner()
  for (const id of ['qos', 'budget', 'target']) await fill(page, id, '0.000001')
  expect(await commandOf(page)).toMatch(/--qos-ms 0\.000001 .*--budget 0\.000001 .*--target-qps 0\.000001$/)
  expect(await page.locator('#planner input:invalid').count()).toBe(0)
})

test('spare instances go with a target, and the frontier goes without one', async () => {
  const { page, faults } = await planner()
  const areEnabled = async () => [await page.isEnabled('#spare'), await page.isEnabled('#pareto')]
  // a field that takes nothing looks so, and says why
  const look = () =>
    page
      .locator('#spare')
      .evaluate((field) => [getComputedStyle(field).borderStyle, (field as HTMLInputElement).placeholder])
  expect(await areEnabled()).toEqual([false, true])
  expect(await look()).toEqual(['dashed', 'no target'])
  await fill(page, 'target', '60')
  expect(await areEnabled()).toEqual([true, false])
  expect(await look()).toEqual(['solid', 'none'])
  await fill(page, 'spare', '1')
  expect(await commandOf(page)).toMatch(/ --top-n 20 --target-qps 60 --spare 1$/)
  await fill(page, 'spare', '')
  expect(await commandOf(page)).toMatch(/ --target-qps 60$/)
  // a value that is wrong changes nothing
  await page.fill('#target', '-1')
  expect(await commandOf(page)).toMatch(/ --target-qps 60$/)
  await fill(page, 'target', '')
  expect(await areEnabled()).toEqual([false, true])
  expect(await commandOf(page)).toMatch(/ --top-n 20$/)
  await fill(page, 'rows', '')
  expect(await commandOf(page)).toMatch(/ --budget 2\.5$/)
  expect(faults).toEqual([])
})

test('a smallest count moves the largest one once it is complete', async () => {
  const { page } = await planner()
  const [min, max] = ['min', 'max'].map((field) => page.locator(`[data-field=${field}][data-type="0"]`))
  const before = await max.inputValue()
  expect(before).toBe('5')
  await min.fill('9')
  expect(await max.inputValue()).toBe('5')
  await page.keyboard.press('Tab')
  expect([await min.inputValue(), await max.inputValue()]).toEqual(['9', '9'])
  await min.fill('0')
  await max.fill(before)
  await settled(page)
  expect([await min.inputValue(), await max.inputValue()]).toEqual(['0', '5'])
})
