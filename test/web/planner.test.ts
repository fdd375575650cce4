/** The empty page in a browser: it computes what the command line computes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { POLICIES } from '../../src/core.ts'
import { kairos, temporaryFolder } from '../cli/kairos.ts'
import { closePages, launch, open, PLANNER, settled, shoot } from './browser.ts'

const FIGURES = ['cost-bound', 'budget', 'cost-per-thousand', 'gain', 'routing']
const MEASURED = ['capacity', 'rate-latency', 'latency', 'over-time']

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => closePages(browser))
afterAll(() => browser.close())

async function planner(options = {}) {
  const opened = await open(browser, PLANNER, options)
  await settled(opened.page)
  return opened
}

/** The text of a download that a button starts. */
async function downloaded(page: Page, selector: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(selector)])
  return readFileSync(await file.path(), 'utf8')
}

async function fill(page: Page, field: string, value: string): Promise<void> {
  await page.fill(`#${field}`, value)
  await settled(page)
}

test('shows the ranking and every figure, without an error and without a request', async () => {
  const { page, faults } = await planner()
  expect(await page.locator('#table-ranking tbody tr').count()).toBe(20)
  for (const id of FIGURES) {
    expect(await page.locator(`#figure-${id} svg`).count(), id).toBe(1)
    expect(await page.locator(`#figure-${id} [role=img]`).getAttribute('aria-label')).toMatch(/\w{3}/)
    expect(await page.locator(`#figure-${id} a[download="${id}.csv"]`).getAttribute('href')).toContain('%0A')
  }
  await shoot(page, 'planner-light')
  expect(faults).toEqual([])
})

test('a figure is saved as PNG, twice as large as it is shown', async () => {
  const { page, faults } = await planner({ colorScheme: 'dark' })
  const figure = page.locator('#figure-cost-bound')
  const [file] = await Promise.all([page.waitForEvent('download'), figure.locator('[data-picture]').click()])
  expect(file.suggestedFilename()).toBe('cost-bound.png')
  const png = readFileSync(await file.path())
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const { width, height } = await figure.locator('svg').evaluate((svg) => {
    const { width, height } = (svg as SVGSVGElement).viewBox.baseVal
    return { width, height }
  })
  expect(png.readUInt32BE(16)).toBe(Math.floor(2 * (width + 32)))
  expect(png.readUInt32BE(20)).toBeGreaterThan(2 * (height + 32))
  const colors = await page.evaluate(async (base64) => {
    const image = new Image()
    image.src = `data:image/png;base64,${base64}`
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    const context = canvas.getContext('2d')!
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const words = new Uint32Array(data.buffer)
    return { corner: words[0].toString(16), colors: new Set(words).size }
  }, png.toString('base64'))
  // white paper, whatever the page has, and a plot on it
  expect(colors.corner).toBe('ffffffff')
  expect(colors.colors).toBeGreaterThan(20)
  expect(faults).toEqual([])
})

describe('rows are those of the command line, byte for byte', () => {
  test.each([
    ['rm2', []],
    ['dien', ['--budget', '3', '--qos-ms', '40', '--percentile', '98', '--top-n', '35']],
    ['mtwnd', ['--budget', '1.7', '--target-qps', '300', '--top-n', '5']],
  ])('%s %j', async (model, flags) => {
    const { page } = await planner()
    await page.selectOption('#model', model)
    await settled(page)
    const fields = {
      '--budget': 'budget',
      '--qos-ms': 'qos',
      '--percentile': 'percentile',
      '--top-n': 'rows',
      '--target-qps': 'target',
    }
    for (const [flag, field] of Object.entries(fields)) {
      const at = flags.indexOf(flag)
      if (at >= 0) await fill(page, field, flags[at + 1])
    }
    for (const format of ['csv', 'json']) {
      const { stdout } = await kairos(['allocate', '--model', model, ...flags, '--format', format, '--quiet'])
      expect(await downloaded(page, `[data-download=${format}]`)).toBe(stdout)
    }
    const command = (await page.textContent('#command'))!.split(' ').slice(1)
    const { stdout } = await kairos([...command, '--format', 'csv', '--quiet'])
    expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
  })
})

test('downloads of workload and space give the same rows on the command line', async () => {
  const folder = temporaryFolder()
  const { page } = await planner()
  await page.fill('[data-field=max][data-type="0"]', '9')
  await page.fill('[data-field=pricePerHour][data-type="1"]', '0.31')
  await settled(page)
  const files: Record<string, string> = {}
  page.on('download', async (file) => {
    files[file.suggestedFilename()] = readFileSync(await file.path(), 'utf8')
  })
  await page.click('[data-download=workload]')
  await page.click('[data-download=space]')
  await expect
    .poll(() => Object.keys(files).sort())
    .toEqual(['latency.csv', 'mix.csv', 'space.json', 'workload.json'])
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const flags = ['-w', 'workload.json', '-s', 'space.json', '--format', 'csv', '--quiet']
  const { stdout } = await kairos(['allocate', ...flags], folder)
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
})

test('ranks 10^9 configurations as the command line does', async () => {
  const folder = temporaryFolder()
  const { page } = await planner()
  for (let t = 0; t < 4; t++) await page.fill(`[data-field=max][data-type="${t}"]`, '180')
  await fill(page, 'budget', '25')
  expect(await page.textContent('#subtitle')).toContain('1,073,283,121 configurations')
  const { types } = JSON.parse(readFileSync('data/spaces/hpdc23.json', 'utf8'))
  const space = { types: types.map((type: object) => ({ ...type, max: 180 })), budgetPerHour: 25 }
  writeFileSync(join(folder, 's.json'), JSON.stringify(space))
  const { stdout } = await kairos(['allocate', '-s', 's.json', '--format', 'csv', '--quiet'], folder)
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
})

const TABLE = `instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms
gpu,10,5,5,6,7
gpu,1000,60,59,66,70
cpu,10,9,9,10,12
cpu,1000,500,490,560,600
`

const drop = (page: Page, name: string, text: string) =>
  page.evaluate(
    ([file, content]) => {
      const data = new DataTransfer()
      data.items.add(new File([content], file))
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      )
    },
    [name, text] as const,
  )

test('a dropped latency table becomes the workload, with its types as the space', async () => {
  const { page, faults } = await planner()
  await drop(page, 'mine.csv', TABLE)
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#model option:checked')).toBe('mine (own data)')
  expect(await page.textContent('#heading')).toMatch(/gpu|cpu/)
  expect(faults).toEqual([])
})

test('a dropped trace is described, and gives the mix', async () => {
  const { page, faults } = await planner()
  const lines = Array.from({ length: 400 }, (_, i) => `${i * 10},${10 + (i % 40) * 10}`)
  await drop(page, 'trace.csv', `arrival_ms,batch_size\n${lines.join('\n')}\n`)
  await page.waitForSelector('#traced #figure-trace svg')
  await settled(page)
  expect(await page.textContent('#status')).toContain('trace.csv: the mix is that of its 400 queries')
  expect(faults).toEqual([])
})

test.each([
  ['a latency table with a wrong number', 'mine.csv', TABLE.replace('gpu,10,5', 'gpu,10,abc'), 'latency'],
  ['a latency table with a missing bin', 'mine.csv', TABLE.replace('cpu,10,9,9,10,12\n', ''), 'latency'],
  [
    'a space of unknown types',
    'space.json',
    '{ "types": [{ "name": "x", "max": 3 }], "budgetPerHour": 1 }',
    'space',
  ],
  ['a space with a wrong key', 'space.yaml', 'types: []\nbudget: 3\n', 'space'],
])('%s gives the message of the command line', async (_, name, text, kind) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), text)
  writeFileSync(
    join(folder, 'w.json'),
    JSON.stringify({ model: 'm', latency: 'mine.csv', mix: 'mix.csv', qosMs: 100, percentile: 99 }),
  )
  writeFileSync(join(folder, 'mix.csv'), 'batch_size,probability\n10,1\n')
  const flags = kind === 'space' ? ['-s', name] : ['-w', 'w.json', '-s', 'hpdc23']
  const { stderr } = await kairos(['allocate', ...flags], folder)
  const { page } = await planner()
  await drop(page, name, text)
  await page.waitForFunction(() => document.getElementById('error')?.textContent !== '')
  expect(`kairos-wasm: ${await page.textContent('#error')}\n`).toBe(stderr)
})

test('the keyboard alone changes the budget and chooses a row', async () => {
  const { page } = await planner()
  const before = await page.textContent('#heading')
  await page.focus('#budget-range')
  for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowRight')
  await settled(page)
  await expect.poll(() => page.textContent('#heading')).not.toBe(before)
  await page.focus('[data-choose] >> nth=2')
  const name = await page.locator('[data-choose]').nth(2).getAttribute('data-choose')
  await page.keyboard.press('Enter')
  await settled(page)
  expect(await page.textContent('#chosen')).toBe(name)
  expect(await page.textContent('#explanation-title')).toContain(name)
  expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.choose)).toBe(name)
})

test('a link holds the question', async () => {
  const { page } = await planner()
  await page.selectOption('#model', 'dien')
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

test('measures the chosen configuration under every policy, and can be cancelled', async () => {
  const { page, faults } = await planner()
  await fill(page, 'queries', '1000000')
  await page.click('#measure')
  await page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('Replaying'))
  await page.click('#cancel')
  await page.waitForFunction(() => document.getElementById('status')?.textContent?.includes('cancelled'))
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

test('a budget of nothing says what would help', async () => {
  const { page } = await planner()
  await fill(page, 'budget', '0.01')
  expect(await page.textContent('#heading')).toBe('Nothing is feasible')
  expect(await page.textContent('#infeasible')).toContain('budget')
})
