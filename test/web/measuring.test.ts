/** Measurements in the page. */
import { expect, test } from 'vitest'
import { POLICIES } from '../../src/core.ts'
import { fill, settled, sharedPlanner, shoot } from './browser.ts'

const MEASURED = ['capacity', 'rate-latency', 'latency', 'over-time']

const { planner } = sharedPlanner()

test('measures the chosen configuration under every policy, and can be cancelled', async () => {
  const { page, faults } = await planner()
  await fill(page, 'queries', '1000000')
  await page.click('#measure')
  await page.waitForFunction(() => document.getElementById('measuring')?.textContent?.startsWith('Replaying'))
  expect([await page.isEnabled('#measure'), await page.isVisible('#progress')]).toEqual([false, true])
  // a button that does nothing now does not look like one to press
  const edgeOf = (id: string) => page.locator(id).evaluate((button) => getComputedStyle(button).borderStyle)
  expect([await edgeOf('#measure'), await edgeOf('#cancel')]).toEqual(['dashed', 'solid'])
  await page.click('#cancel')
  await page.waitForFunction(() => document.getElementById('measuring')?.textContent?.includes('cancelled'))
  await page.waitForSelector('#cancel', { state: 'hidden' })
  expect([await page.isEnabled('#measure'), await page.isVisible('#progress')]).toEqual([true, false])
  await page.fill('#queries', '500')
  await page.fill('#repeats', '2')
  await page.click('#measure')
  await page.waitForSelector('#table-capacity')
  await settled(page)
  expect(await page.locator('#table-capacity tbody tr').count()).toBe(POLICIES.length)
  for (const id of MEASURED) expect(await page.locator(`#figure-${id} svg`).count(), id).toBe(1)
  await shoot(page, 'planner-measured')
  expect(faults).toEqual([])
})

test('a measurement is cancelled while its engine starts', async () => {
  const { page, faults } = await planner()
  await fill(page, 'queries', '1000000')
  await page.evaluate(() => {
    for (const id of ['measure', 'cancel']) document.getElementById(id)!.click()
  })
  await page.waitForSelector('body[data-measure="ended"]', { state: 'attached', timeout: 10_000 })
  expect(await page.textContent('#measuring')).toBe('The measurement was cancelled.')
  expect(faults).toEqual([])
})

test('results of an earlier question say so, and go with their model', async () => {
  const { page, faults } = await planner()
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  await page.click('#measure')
  await page.waitForSelector('#table-capacity')
  await settled(page)
  const question = page.locator('#measured-question')
  const [best, other] = await Promise.all(
    [0, 5].map((row) => page.locator('[data-choose]').nth(row).getAttribute('data-choose')),
  )
  const measured = `Measured by replay: ${best} for rm2, 99% of queries within 350 ms.`
  const another = `${measured} The question is another one now: measure again to answer it.`
  expect(await question.textContent()).toBe(measured)
  await fill(page, 'qos', '300')
  expect(await question.textContent()).toBe(another)
  await fill(page, 'qos', '350')
  expect(await question.textContent()).toBe(measured)
  // a question about another configuration: a chosen one, or the first row at other prices
  await page.click(`[data-choose="${other}"]`)
  await settled(page)
  expect(await question.textContent()).toBe(another)
  await page.click('#unchoose')
  await settled(page)
  expect(await question.textContent()).toBe(measured)
  await page.fill('[data-field=pricePerHour][data-type="0"]', '2')
  await settled(page)
  expect(await page.locator('[data-choose]').first().getAttribute('data-choose')).not.toBe(best)
  expect(await question.textContent()).toBe(another)
  await page.selectOption('#model', 'dien')
  await page.waitForSelector('#table-capacity', { state: 'detached' })
  expect(await question.textContent()).toBe('')
  expect(faults).toEqual([])
})

test('messages stand below the button that measures, with a link to results out of sight', async () => {
  const { page, faults } = await planner()
  await page.setViewportSize({ width: 360, height: 740 })
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  const link = page.locator('#to-measured')
  expect(await link.isVisible()).toBe(false)
  await page.focus('#measure')
  await page.keyboard.press('Enter')
  await link.waitFor({ state: 'visible' })
  expect(await page.textContent('#measuring')).toBe('Measured.')
  const distance = await page.evaluate(() => {
    const [button, said] = ['measure', 'measuring'].map((id) => document.getElementById(id)!)
    return said.getBoundingClientRect().top - button.getBoundingClientRect().bottom
  })
  expect(distance).toBeLessThan(100)
  const address = page.url()
  await link.press('Enter')
  const { top, bottom } = await page.locator('#measured-question').evaluate((note) => {
    const { outlineWidth, outlineOffset } = getComputedStyle(note)
    const outline = Number.parseFloat(outlineWidth) + Number.parseFloat(outlineOffset)
    const { top, bottom } = note.getBoundingClientRect()
    return { top: top - outline, bottom: bottom + outline }
  })
  expect([top >= 0, bottom <= 740]).toEqual([true, true])
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('measured-question')
  expect(page.url()).toBe(address)
  // the message was about the question before
  await fill(page, 'qos', '300')
  expect([await page.textContent('#measuring'), await link.isVisible()]).toEqual(['', false])
  expect(faults).toEqual([])
})

test('a question that changes while results are drawn takes the message about the one before away', async () => {
  const { page } = await planner()
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  await page.evaluate(() => {
    const link = document.getElementById('to-measured')!
    const observer = new MutationObserver(() => {
      if (link.hidden) return
      observer.disconnect()
      const target = document.querySelector<HTMLInputElement>('#qos')!
      target.value = '300'
      target.dispatchEvent(new Event('input', { bubbles: true }))
      document.body.dataset.changed = document.body.dataset.measure
    })
    observer.observe(link, { attributes: true })
  })
  await page.click('#measure')
  await page.waitForSelector('body[data-changed="running"]')
  await page.waitForSelector('body[data-measure="ended"]')
  await settled(page)
  expect([await page.textContent('#measuring'), await page.isVisible('#to-measured')]).toEqual(['', false])
})

test('a measurement of nothing says below its button that nothing is feasible', async () => {
  const { page } = await planner()
  await page.fill('#budget', '0.001')
  await page.waitForFunction(() => document.body.dataset.state === 'ready')
  await page.click('#measure')
  await expect.poll(() => page.textContent('#measuring')).toContain('nothing is feasible')
  expect(await page.textContent('#error')).toBe('')
  await fill(page, 'budget', '2.5')
  expect(await page.textContent('#measuring')).toBe('')
})
