/** The page for everyone: colours, contrast, roles and names, small screens, and no scripts. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { contrast } from '../contrast.ts'
import { closePages, launch, open, openPlanner, settled, shoot } from './browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** What axe-core finds: the rule, and the elements. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    // nothing but violations is read: the selectors of all that passes take time
    const found = await axe.run({ resultTypes: ['violations'] })
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`,
    )
  })
}

describe('axe-core finds no violation', () => {
  let page: Page
  beforeAll(async () => {
    page = (await openPlanner(browser)).page
    // evaluated through the debugger, which the policy of the page does not stop
    await page.evaluate(axe)
  })
  afterAll(() => closePages(browser))

  test.each(['light', 'dark'] as const)('in the %s page', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await shoot(page, `planner-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    // axe-core does not look at placeholders
    const colours = await page
      .locator('#target')
      .evaluate((field) => [
        getComputedStyle(field, '::placeholder').color,
        getComputedStyle(field).backgroundColor,
      ])
    expect(contrast(channelsOf(colours[0]), channelsOf(colours[1]))).toBeGreaterThan(4.5)
  })

  test.each(['light', 'dark'] as const)('in the %s page with forced colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, forcedColors: 'active' })
    await shoot(page, `planner-forced-${colorScheme}`)
    expect(await violations(page)).toEqual([])
  })
})

test('forced colours show which row is chosen, which field has the focus, and where files are dropped', async () => {
  const { page } = await openPlanner(browser, { forcedColors: 'active', colorScheme: 'dark' })
  await page.focus('#qos')
  const styles = await page.evaluate(() => {
    const styleOf = (selector: string) => getComputedStyle(document.querySelector(selector)!)
    const system = (color: string) => {
      const part = document.body.appendChild(document.createElement('i'))
      part.style.color = color
      return getComputedStyle(part).color
    }
    const chosen = styleOf('[data-choose][aria-pressed=true]')
    document.body.classList.add('dropping')
    return {
      shown: [
        [chosen.backgroundColor, chosen.color, chosen.forcedColorAdjust],
        [styleOf('[data-choose][aria-pressed=false]').backgroundColor],
        [styleOf('#qos').outlineColor, styleOf('#drop').borderColor],
        [styleOf('.data a').color],
        [styleOf('#planner').maskImage],
      ],
      expected: [
        // its text has the colours of the button, not those of the page
        [system('Highlight'), system('HighlightText'), 'none'],
        [system('Canvas')],
        [system('Highlight'), system('Highlight')],
        [system('LinkText')],
        ['none'],
      ],
    }
  })
  expect(styles.shown).toEqual(styles.expected)
  await closePages(browser)
})

/** The channels of a colour as `rgb(29, 35, 41)`. */
const channelsOf = (colour: string) => (colour.match(/\d+/g) ?? []).map(Number)

test('fits a phone of 360 pixels', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 360, height: 740 } })
  await shoot(page, 'planner-phone')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  // the results stand below the form, and more of their table beside the screen
  const link = await page.locator('.skip').boundingBox()
  expect(link!.x).toBeGreaterThan(0)
  expect(link!.y + link!.height).toBeLessThan((await page.locator('h1').boundingBox())!.y)
  const table = page.locator('.table').first()
  expect(await table.evaluate((place) => place.scrollWidth > place.clientWidth)).toBe(true)
  expect(await table.evaluate((place) => getComputedStyle(place).backgroundImage)).toContain('gradient')
})

test('a phone of 360 pixels shows each field beside its label, and the whole caption of a scrolled table', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 360, height: 740 } })
  const fields = await page.locator('#planner label > input[type=number]').evaluateAll((all) =>
    all.map((field) => {
      const [place, label] = [field.getBoundingClientRect(), field.parentElement!.getBoundingClientRect()]
      return { id: field.id, isBeside: label.height < 1.5 * place.height, end: Math.round(place.right) }
    }),
  )
  expect(fields.filter(({ isBeside }) => !isBeside)).toEqual([])
  expect(new Set(fields.map(({ end }) => end)).size).toBe(1)
  const edges = await page.locator('.table').evaluateAll((all) =>
    all.map((place) => {
      place.scrollLeft = 100
      const { left, right } = place.querySelector('caption')!.getBoundingClientRect()
      const given = place.getBoundingClientRect()
      return [place.scrollLeft, left - given.left, right <= given.right]
    }),
  )
  expect(edges).toEqual([
    [100, 0, true],
    [100, 0, true],
  ])
  await closePages(browser)
})

test('a window of 320 pixels, as at 400% zoom, scrolls sideways only in tables and pictures', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 320, height: 256 } })
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  await page.click('#measure')
  await page.waitForSelector('#table-capacity')
  await settled(page)
  const beyond = await page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((part) => !part.parentElement!.closest('.table, .plot, .hidden'))
      .filter((part) => part.getBoundingClientRect().right > 320)
      .map(({ outerHTML }) => outerHTML.slice(0, 80)),
  )
  expect(beyond).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  await shoot(page, 'planner-320')
  // the box is beside its label, and no name of a type is divided within a word
  const linesOf = (selector: string) =>
    page.locator(selector).evaluateAll((all) =>
      all.map((part) => {
        const range = document.createRange()
        range.selectNodeContents(part)
        return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
      }),
    )
  expect(Math.max(...(await linesOf('#types tbody th')))).toBeLessThanOrEqual(2)
  const [box, label] = await Promise.all([
    page.locator('#pareto').boundingBox(),
    page.locator('label:has(#pareto)').boundingBox(),
  ])
  expect(box!.y + box!.height / 2).toBeCloseTo(label!.y + label!.height / 2, 0)
  await closePages(browser)
})

test('a phone scrolls the pictures of a report, whose texts keep their size', async () => {
  const file = join(temporaryFolder(), 'report.html')
  await kairosHere(['allocate', '--model', 'dien', '--report', file, '--quiet'])
  const { page } = await open(browser, file, { viewport: { width: 360, height: 740 } })
  await settled(page)
  const scales = await page
    .locator('#report .plot svg')
    .evaluateAll((all) =>
      all.map((svg) => svg.getBoundingClientRect().width / (svg as SVGSVGElement).viewBox.baseVal.width),
    )
  expect(scales).toEqual([1, 1, 1, 1, 1])
  const plot = page.locator('#report .plot').first()
  expect(await plot.evaluate((place) => getComputedStyle(place).backgroundImage)).toContain('gradient')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await page.evaluate(axe)
  expect(await violations(page)).toEqual([])
})

test('a message about a file is seen from the button that added it, on a phone too', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 360, height: 740 } })
  await page.setInputFiles('#files', {
    name: 'a.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('a,b\n1,2\n'),
  })
  const error = page.locator('#error')
  await expect.poll(() => error.textContent()).toContain('instance_type: the column is missing')
  const { top, bottom } = await error.evaluate((box) => box.getBoundingClientRect().toJSON())
  expect([top >= 0, bottom <= 740]).toEqual([true, true])
  await closePages(browser)
})

test('a phone shows the pictures of the planner whole, or scrolls them where long names leave no room', async () => {
  const { page } = await openPlanner(browser, { viewport: { width: 360, height: 740 } })
  const scalesOf = () =>
    page.locator('#live .plot').evaluateAll((all) =>
      all.map((plot) => {
        const svg = plot.querySelector('svg')!
        const isWider = plot.scrollWidth > plot.clientWidth
        return [svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, isWider]
      }),
    )
  expect(await scalesOf()).toEqual(Array(5).fill([1, false]))
  const names = ['east-0', 'west-1'].map((end) => `standard-nc24ads-a100-v4-europe-${end}`)
  const times = names.map((name, t) => `${name},1,${t + 1},${t + 1},${t + 2}\n`)
  const types = names.map((name) => ({ name, max: 9, pricePerHour: 1 }))
  const files = {
    'latency.csv': `instance_type,batch_size,mean_ms,p50_ms,p99_ms\n${times.join('')}`,
    'mix.csv': 'batch_size,probability\n1,1\n',
    'space.json': JSON.stringify({ types, budgetPerHour: 5 }),
  }
  const given = Object.entries(files).map(([name, text]) => ({ name, buffer: Buffer.from(text) }))
  await page.setInputFiles(
    '#files',
    given.map((file) => ({ ...file, mimeType: 'text/plain' })),
  )
  await page.waitForFunction((name) => document.getElementById('live')?.textContent?.includes(name), names[0])
  await settled(page)
  const scales = await scalesOf()
  expect(scales.map(([scale]) => scale)).toEqual(Array(5).fill(1))
  const wider = scales.filter(([, isWider]) => isWider).length
  expect(wider).toBeGreaterThan(0)
  await expect.poll(() => page.locator('#live .plot[tabindex="0"]').count()).toBe(wider)
  await closePages(browser)
})

test('the keyboard reaches the pictures of a report while they are wider than the window', async () => {
  const file = join(temporaryFolder(), 'report.html')
  await kairosHere(['allocate', '--model', 'dien', '--report', file, '--quiet'])
  const { page } = await open(browser, file)
  await settled(page)
  const stops = () => page.locator('#report .plot[tabindex="0"]').count()
  expect(await stops()).toBe(0)
  await page.setViewportSize({ width: 360, height: 740 })
  await expect.poll(stops).toBe(5)
  await page.setViewportSize({ width: 1280, height: 900 })
  await expect.poll(stops).toBe(0)
})

test('a report is read without scripts', async () => {
  const file = join(temporaryFolder(), 'report.html')
  await kairosHere(['allocate', '--model', 'dien', '--report', file, '--quiet'])
  const { page } = await open(browser, file, { javaScriptEnabled: false })
  expect(await page.locator('#table-ranking tbody tr').count()).toBe(20)
  expect(await page.locator('#report figure .plot svg').count()).toBe(5)
  expect(await page.locator('#planner').isVisible()).toBe(false)
  await shoot(page, 'report-no-scripts')
  await page.emulateMedia({ media: 'print' })
  await shoot(page, 'report-print')
})
