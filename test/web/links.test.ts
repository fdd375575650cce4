/** Links that hold a question. */
import { deflateRawSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { plainWorkload, workloadOf } from '../../src/report/page/question.ts'
import { downloaded, fill, launch, type Opened, openPlanner, settled, startOver } from './browser.ts'

let browser: Browser
/** A page that was opened without a link. */
let empty: Opened
beforeAll(async () => {
  browser = await launch()
  empty = await openPlanner(browser)
})
afterEach(() => closeOthers())
afterAll(() => browser.close())

const planner = (options = {}) => openPlanner(browser, options)

async function closeOthers(): Promise<void> {
  const others = browser.contexts().filter((context) => context !== empty.page.context())
  await Promise.all(others.map((context) => context.close()))
}

test('a link holds the question', async () => {
  const { page } = empty
  await page.selectOption('#model', 'dien')
  await settled(page)
  await fill(page, 'budget', '3.1')
  await page.click('#copy-link')
  await page.waitForFunction(() => location.hash.startsWith('#q='))
  const fragment = await page.evaluate(() => location.hash)
  const heading = await page.textContent('#heading')
  const other = await planner({ fragment })
  expect(await other.page.textContent('#heading')).toBe(heading)
  expect(await other.page.inputValue('#budget')).toBe('3.1')
  const damaged = await planner({ fragment: '#q=abc' })
  expect(await damaged.page.textContent('#error')).toContain('damaged')
})

const linkOf = (question: unknown) =>
  `#q=${deflateRawSync(Buffer.from(JSON.stringify(question))).toString('base64url')}`

const SPACE = { types: [{ name: 'g4dn.xlarge', max: 5, pricePerHour: 0.526 }], budgetPerHour: 1.9 }

/** A workload with tables of its own, of one type and one bin. */
const OWN = {
  ...{ model: 'own', qosMs: 350, percentile: 99 },
  latency: {
    ...{ types: ['g4dn.xlarge'], batchSizes: [10], levels: [0, 1], samples: [0] },
    ...{ meanMs: [5], knotsMs: [4, 6] },
  },
  mix: { batchSizes: [10], probabilities: [1] },
}

test('a link that is pasted into an open page is followed', async () => {
  await startOver(empty)
  const { page, faults } = empty
  const paste = (fragment: string) =>
    page.evaluate((hash) => {
      location.hash = hash
    }, fragment)
  await paste(linkOf({ shipped: 'dien', space: SPACE, topN: 7 }))
  await page.waitForFunction(() => document.getElementById('subtitle')?.textContent?.startsWith('dien: '))
  await settled(page)
  expect(await page.inputValue('#budget')).toBe('1.9')
  expect(await page.textContent('#model option:checked')).toBe('dien')
  // the field of the last edit shows the new question too
  await fill(page, 'budget', '3.5')
  await paste(linkOf({ shipped: 'dien', space: { ...SPACE, budgetPerHour: 1.8 }, topN: 7 }))
  await page.waitForFunction(() => document.getElementById('subtitle')?.textContent?.includes('$1.8 an hour'))
  await settled(page)
  expect(await page.inputValue('#budget')).toBe('1.8')
  await paste('#q=abc')
  await expect
    .poll(() => page.textContent('#error'))
    .toBe('The link is damaged: the page keeps its question.')
  expect(await page.textContent('#subtitle')).toMatch(/^dien: /)
  expect(faults).toEqual([])
})

test('the skip link leaves the question in the address', async () => {
  const fragment = linkOf({ shipped: 'rm2', space: SPACE, topN: 5 })
  const { page, faults } = await planner({ fragment })
  await page.focus('.skip')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('results')
  expect(await page.evaluate(() => location.hash)).toBe(fragment)
  expect(faults).toEqual([])
})

test('a link keeps the concurrency at which a table was taken', () => {
  const latency = {
    types: ['gpu'],
    ...{ batchSizes: Float64Array.of(10), levels: Float64Array.of(0, 1), samples: Float64Array.of(0) },
    ...{ meanMs: Float64Array.of(5), knotsMs: Float64Array.of(4, 6), concurrency: Float64Array.of(4) },
  }
  const mix = { batchSizes: Float64Array.of(10), probabilities: Float64Array.of(1) }
  const workload = { model: 'm', qosMs: 9, percentile: 99, latency, mix }
  expect(workloadOf(JSON.parse(JSON.stringify(plainWorkload(workload))))).toEqual(workload)
})

test.each([
  ['no space', { shipped: 'rm2', topN: 5 }],
  ['counts of other types', { shipped: 'rm2', space: SPACE, topN: 5, counts: [1, 2] }],
  ['a number of spare instances that is a text', { shipped: 'rm2', space: SPACE, targetQps: 60, spare: 'x' }],
  ['a target that is a text', { shipped: 'rm2', space: SPACE, targetQps: '60' }],
  ['no largest batch', { shipped: 'rm2', space: SPACE, topN: 5, batching: {} }],
  ['a batching that is a number', { shipped: 'rm2', space: SPACE, topN: 5, batching: 7 }],
  [
    'a largest batch by type that is a text',
    { shipped: 'rm2', space: SPACE, topN: 5, batching: { maxBatch: { 'g4dn.xlarge': 'x' } } },
  ],
  [
    'a batching of its own workload that is a number',
    { workload: { ...OWN, batching: 7 }, space: SPACE, topN: 5 },
  ],
  ['nothing', null],
])('a link with %s is damaged', async (_, question) => {
  const { page, faults } = await planner({ fragment: linkOf(question) })
  expect(await page.textContent('#error')).toContain('The link is damaged')
  expect(await page.textContent('#subtitle')).toMatch(/^rm2: /)
  expect(faults).toEqual([])
})

test('a link with a largest batch by type is of own data, whose file says it', async () => {
  const batching = { maxBatch: { 'g4dn.xlarge': 500 } }
  const { page } = await planner({ fragment: linkOf({ shipped: 'rm2', space: SPACE, topN: 5, batching }) })
  expect(await page.textContent('#command')).toMatch(/^kairos-wasm allocate -w workload.json .* --top-n 5$/)
  expect(await page.textContent('#subtitle')).toContain('in batches of up to 500 on g4dn.xlarge')
})

test('the largest batches by type of a link can be left and chosen again', async () => {
  const batching = { maxBatch: { 'g4dn.xlarge': 500 } }
  const { page } = await planner({ fragment: linkOf({ shipped: 'rm2', space: SPACE, topN: 5, batching }) })
  const subtitle = await page.textContent('#subtitle')
  const byType = 'up to 500 on g4dn.xlarge'
  expect(await page.locator('#batching option:checked').textContent()).toBe(byType)
  await page.selectOption('#batching', 'none')
  await settled(page)
  expect(await page.textContent('#subtitle')).not.toContain('batches')
  await page.selectOption('#batching', byType)
  await settled(page)
  expect(await page.textContent('#subtitle')).toBe(subtitle)
})

test('of more rows than the page keeps, the saved file says how many it leaves out', async () => {
  const names = ['g4dn.xlarge', 'r5n.large', 't3.xlarge']
  const types = names.map((name) => ({ name, max: 49, pricePerHour: 0.1 }))
  const question = { shipped: 'rm2', space: { types, budgetPerHour: 1000 }, all: true }
  const { page, faults } = await planner({ fragment: linkOf(question) })
  expect(await page.textContent('#live')).toContain('Shows the first 100 of 124,999 rows')
  const csv = await downloaded(page, '[data-download=csv]')
  expect(csv.split('\n').length).toBe(100_002)
  await expect
    .poll(() => page.textContent('#taken'))
    .toBe('ranking.csv has the first 100,000 of 124,999 rows: the command lists all of them.')
  expect(faults).toEqual([])
})

test('what was copied is said below the buttons, until the question changes', async () => {
  const { page } = empty
  await page.click('#copy-command')
  const said = page.locator('#taken')
  await expect.poll(() => said.textContent()).toMatch(/^(The command is copied|Copying is not allowed here)/)
  const [button, text] = [await page.locator('#copy-command').boundingBox(), await said.boundingBox()]
  expect(text!.y).toBeGreaterThan(button!.y)
  expect(text!.y - button!.y).toBeLessThan(200)
  await fill(page, 'budget', '2.9')
  expect(await said.textContent()).toBe('')
  await page.click('#copy-command')
  await expect.poll(() => said.textContent()).not.toBe('')
  await page.click('#live [data-choose] >> nth=1')
  await expect.poll(() => said.textContent()).toBe('')
})

test('going back from a link to the address without one asks the first question again', async () => {
  const { page, faults } = await planner()
  await page.evaluate(
    (hash) => {
      location.hash = hash
    },
    linkOf({ shipped: 'dien', space: SPACE, topN: 7 }),
  )
  await page.waitForFunction(() => document.getElementById('subtitle')?.textContent?.startsWith('dien: '))
  await settled(page)
  await page.goBack()
  await page.waitForFunction(() => document.getElementById('subtitle')?.textContent?.startsWith('rm2: '))
  await settled(page)
  expect(await page.inputValue('#budget')).toBe('2.5')
  expect(await page.inputValue('#rows')).toBe('20')
  expect(faults).toEqual([])
})

test('going back from a damaged link leaves the question as it was edited', async () => {
  const { page, faults } = await planner()
  await fill(page, 'budget', '2')
  await fill(page, 'rows', '')
  expect(await page.getAttribute('#rows', 'placeholder')).toBe('20')
  await page.evaluate(() => {
    location.hash = '#q=AAAA'
  })
  await page.waitForFunction(() => document.getElementById('error')?.textContent?.includes('damaged'))
  await page.goBack()
  await page.waitForFunction(() => location.hash === '')
  await settled(page)
  expect(await page.inputValue('#budget')).toBe('2')
  expect(await page.locator('#table-ranking tbody tr').count()).toBe(20)
  expect(faults).toEqual([])
})

test('of two links that follow each other at once, the later one is asked', async () => {
  const { page, faults } = await planner()
  const shown = await page.evaluate(
    async ([first, second]) => {
      location.hash = first
      await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }))
      location.hash = second
      // long enough for the tables of the first one
      await new Promise((resolve) => setTimeout(resolve, 2000))
      return document.querySelector('#model option:checked')?.textContent
    },
    [linkOf({ shipped: 'dien', space: SPACE, topN: 7 }), linkOf({ workload: OWN, space: SPACE, topN: 7 })],
  )
  expect(shown).toBe('own (own data)')
  await settled(page)
  expect(await page.textContent('#subtitle')).toMatch(/^own: /)
  expect(faults).toEqual([])
})
