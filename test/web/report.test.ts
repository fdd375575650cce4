/** Reports of commands in a browser. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { kairos, kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { closePages, downloaded, launch, open, settled, shoot } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => closePages(browser))
afterAll(() => browser.close())

const COUNTS = ['--counts', 'g4dn.xlarge=2,r5n.large=9']

test.each([
  ['allocate', ['--model', 'dien'], ['cost-bound', 'budget', 'cost-per-thousand', 'gain', 'routing']],
  ['search', ['--model', 'dien', '--queries', '500', '--repeats', '2'], ['stopping-line']],
  [
    'replay',
    [...COUNTS, '--rate', '95', '--queries', '2000', '--policy', 'kairos,fcfs'],
    ['latency', 'over-time'],
  ],
  [
    'capacity',
    [...COUNTS, '--queries', '500', '--repeats', '2', '--policy', 'priced,fcfs'],
    ['capacity', 'rate-latency'],
  ],
])('%s writes a report that opens and recomputes', async (command, flags, figures) => {
  const file = join(temporaryFolder(), 'report.html')
  const plain = await kairosHere([command, ...flags, '--quiet'])
  const { status, stdout } = await kairos([command, ...flags, '--report', file, '--quiet'])
  expect(status).toBe(0)
  expect(stdout).toBe(plain.stdout)
  const { page, faults } = await open(browser, file)
  await settled(page)
  for (const id of figures) expect(await page.locator(`#report #figure-${id} svg`).count(), id).toBe(1)
  await shoot(page, `report-${command}`)
  await page.fill('#budget', '2.6')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  expect(faults).toEqual([])
})

test('a report of a shipped model is of that model, and of own tables of own data', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'report.html')
  await kairosHere(['allocate', '--model', 'dien', '--qos-ms', '40', '--report', file, '--quiet'])
  const { page, faults } = await open(browser, file)
  await settled(page)
  expect(await page.locator('#model option:checked').textContent()).toBe('dien')
  expect(await page.textContent('#command')).toMatch(/^kairos-wasm allocate --model dien --qos-ms 40 /)
  expect(faults).toEqual([])
  await kairosHere(['init', folder, '--quiet'])
  const own = ['-w', 'workload.yaml', '-s', 'space.yaml', '--report', 'own.html', '--quiet']
  expect((await kairosHere(['allocate', ...own], folder)).status).toBe(0)
  const { page: ownPage } = await open(browser, join(folder, 'own.html'))
  await settled(ownPage)
  expect(await ownPage.locator('#model option:checked').textContent()).toMatch(/ \(own data\)$/)
  expect(await ownPage.textContent('#command')).toMatch(
    /^kairos-wasm allocate -w workload.json -s space.json /,
  )
})

test('a report of servers that batch recomputes with batches', async () => {
  const folder = temporaryFolder()
  const asked = ['allocate', '--model', 'mtwnd', '--max-batch', '500', '--format', 'csv', '--quiet']
  await kairosHere([...asked, '--report', 'report.html'], folder)
  const { page, faults } = await open(browser, join(folder, 'report.html'))
  await settled(page)
  await page.fill('#budget', '2.6')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  expect(await page.textContent('#command')).toMatch(
    /^kairos-wasm allocate --model mtwnd .* --max-batch 500$/,
  )
  const [csv] = await Promise.all([page.waitForEvent('download'), page.click('[data-download=csv]')])
  const { stdout } = await kairosHere([...asked, '--budget', '2.6'], folder)
  expect(readFileSync(await csv.path(), 'utf8')).toBe(stdout)
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-download=workload]')])
  expect(JSON.parse(readFileSync(await file.path(), 'utf8')).batching).toEqual({ maxBatch: 500 })
  expect(faults).toEqual([])
})

test.each([
  [
    'spare instances',
    ['--target-qps', '60', '--spare', '1'],
    /^Cheapest for 60 .* after the loss of any instance$/,
    'The rows are proven: no cheaper configuration has a bound that reaches the target',
  ],
  ['all rows', ['--all'], /^Best configurations$/, 'infeasible'],
  ['the frontier', ['--pareto'], /^Frontier of cost and bound$/, 'Ranked by the fluid bound'],
])('a report of %s recomputes the rows of its command', async (_, flags, title, text) => {
  const folder = temporaryFolder()
  const asked = ['allocate', ...flags, '--format', 'csv', '--quiet']
  const { stdout } = await kairosHere([...asked, '--report', 'report.html'], folder)
  const { page, faults } = await open(browser, join(folder, 'report.html'))
  await settled(page)
  expect(await page.textContent('#report h2')).toMatch(title)
  expect(await page.textContent('#report')).toContain(text)
  const command = (await page.textContent('#command'))!.split(' ').slice(1)
  expect((await kairosHere([...command, '--format', 'csv', '--quiet'], folder)).stdout).toBe(stdout)
  await page.fill('#budget', '2.6')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  expect(await page.textContent('#live h2')).toMatch(title)
  const [csv] = await Promise.all([page.waitForEvent('download'), page.click('[data-download=csv]')])
  const changed = await kairosHere([...asked, '--budget', '2.6'], folder)
  expect(readFileSync(await csv.path(), 'utf8')).toBe(changed.stdout)
  await page.click('#copy-link')
  await page.waitForFunction(() => location.hash.startsWith('#q='))
  const other = await open(browser, join(folder, 'report.html'), {
    fragment: await page.evaluate(() => location.hash),
  })
  await settled(other.page)
  expect(await other.page.textContent('#command')).toBe(await page.textContent('#command'))
  expect(faults).toEqual([])
})

test('a report of all rows recomputes all of them, not the first 10,000', async () => {
  const folder = temporaryFolder()
  const asked = ['allocate', '--all', '--format', 'csv', '--quiet']
  const { stdout } = await kairosHere([...asked, '--budget', '100', '--report', 'r.html'], folder)
  expect(stdout.split('\n').length).toBeGreaterThan(12_000)
  const { page, faults } = await open(browser, join(folder, 'r.html'))
  await settled(page)
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
  expect(await page.inputValue('#rows')).toBe('')
  await page.fill('#budget', '90')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  const changed = await kairosHere([...asked, '--budget', '90'], folder)
  expect(await downloaded(page, '[data-download=csv]')).toBe(changed.stdout)
  const rows = (changed.stdout.split('\n').length - 2).toLocaleString('en')
  expect(await page.textContent('#live')).toContain(`Shows the first 100 of ${rows} rows`)
  // a number of rows is of the best alone, and so is a target
  await page.fill('#rows', '30')
  await settled(page)
  expect(await page.textContent('#command')).toMatch(/ --budget 90 --top-n 30$/)
  await page.fill('#rows', '')
  await settled(page)
  expect(await page.textContent('#command')).toMatch(/ --budget 90 --all$/)
  expect(await page.getAttribute('#rows', 'placeholder')).toBe('all')
  expect(faults).toEqual([])
})

test('the first row of a report is measured before anything is edited', async () => {
  const folder = temporaryFolder()
  await kairosHere(['allocate', '--model', 'dien', '--report', 'r.html', '--quiet'], folder)
  const { page, faults } = await open(browser, join(folder, 'r.html'))
  await settled(page)
  const first = await page.locator('#report [data-choose]').first().getAttribute('data-choose')
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  await page.click('#measure')
  await page.waitForSelector('#table-capacity')
  await settled(page)
  expect(await page.textContent('#measured-question')).toBe(
    `Measured by replay: ${first} for dien, 99% of queries within 35 ms.`,
  )
  expect(faults).toEqual([])
})

test('a report of a search asks for its target and its spare instances', async () => {
  const file = join(temporaryFolder(), 'report.html')
  const flags = ['--target-qps', '60', '--spare', '1', '--queries', '500', '--repeats', '2']
  await kairosHere(['search', ...flags, '--report', file, '--quiet'])
  const { page } = await open(browser, file)
  await settled(page)
  expect(await page.textContent('#heading')).toContain('after the loss of any instance for $')
  expect(await page.textContent('#command')).toMatch(/ --target-qps 60 --spare 1$/)
})

test('trace describe writes a report of the trace', async () => {
  const folder = temporaryFolder()
  await kairosHere(['trace', 'generate', '--rate', '50', '--queries', '2000', '--out', 'trace.csv'], folder)
  const plain = await kairosHere(['trace', 'describe', 'trace.csv'], folder)
  const { status, stdout } = await kairosHere(
    ['trace', 'describe', 'trace.csv', '--report', 'trace.html'],
    folder,
  )
  expect([status, stdout]).toEqual([0, plain.stdout])
  const { page, faults } = await open(browser, join(folder, 'trace.html'))
  await settled(page)
  expect(await page.locator('#report figure svg').count()).toBeGreaterThan(0)
  expect(await page.textContent('h1')).toMatch(/^The rate peaks at /)
  // a page that is only read saves pictures too
  const [picture] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('[data-picture]').first().click(),
  ])
  expect(picture.suggestedFilename()).toMatch(/\.png$/)
  expect(faults).toEqual([])
})

test('names with tags, quotes, line ends and right-to-left text stay text', async () => {
  const folder = temporaryFolder()
  const types = [
    '<script>alert(1)</script>',
    `"quoted" & 'single'`,
    'עברית ‏',
    '</script><img src=x onerror=alert(2)>',
  ]
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
  const rows = types.flatMap((type, t) => [
    `${cell(type)},10,${5 + t},${6 + t},${7 + t}`,
    `${cell(type)},100,${30 + t},${35 + t},${40 + t}`,
  ])
  writeFileSync(
    join(folder, 'latency.csv'),
    `instance_type,batch_size,mean_ms,p95_ms,p99_ms\n${rows.join('\n')}\n`,
  )
  writeFileSync(join(folder, 'mix.csv'), 'batch_size,probability\n10,0.5\n100,0.5\n')
  const model = '<b>$& $1</b>'
  writeFileSync(
    join(folder, 'w.json'),
    JSON.stringify({ model, latency: 'latency.csv', mix: 'mix.csv', qosMs: 100, percentile: 99 }),
  )
  const space = {
    types: types.map((name, t) => ({ name, max: 3, pricePerHour: 0.5 + t / 10 })),
    budgetPerHour: 3,
  }
  writeFileSync(join(folder, 's.json'), JSON.stringify(space))
  const { status } = await kairosHere(
    ['allocate', '-w', 'w.json', '-s', 's.json', '--report', 'r.html', '--quiet'],
    folder,
  )
  expect(status).toBe(0)
  const { page, faults } = await open(browser, join(folder, 'r.html'))
  await settled(page)
  await page.fill('#budget', '2.8')
  await page.waitForSelector('#live #table-ranking')
  await settled(page)
  const head = await page.locator('#table-ranking thead').textContent()
  for (const type of types) expect(head).toContain(type)
  expect(await page.textContent('#subtitle')).toContain(model)
  expect(await page.locator('img').count()).toBe(0)
  expect(faults).toEqual([])
  await shoot(page, 'report-names')
})

test('a report of 100,000 rows is small, and says what it leaves out', async () => {
  const folder = temporaryFolder()
  const types = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge'].map((name) => ({
    name,
    max: 30,
    pricePerHour: 0.2,
  }))
  writeFileSync(join(folder, 's.json'), JSON.stringify({ types, budgetPerHour: 12 }))
  const file = join(folder, 'r.html')
  const flags = [
    '-s',
    's.json',
    '--top-n',
    '100000',
    '--bound',
    'closed-form',
    '--format',
    'csv',
    '--report',
    file,
    '--quiet',
  ]
  const { stdout } = await kairosHere(['allocate', ...flags], folder)
  expect(stdout.split('\n').length).toBe(100_002)
  expect(statSync(file).size).toBeLessThan(10e6)
  const { page } = await open(browser, file)
  await settled(page)
  expect(await page.textContent('#report')).toContain('Shows the first 100 of 100,000 rows')
  expect(readFileSync(file, 'utf8')).toContain('Content-Security-Policy')
})
