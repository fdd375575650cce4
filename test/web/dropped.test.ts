/** Files that are dropped on the page. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { downloaded, settled, sharedPlanner } from './browser.ts'

const { planner } = sharedPlanner()

/** Drops files on a page: their names and their texts. */
function drop(page: Page, files: Readonly<Record<string, string>>): Promise<void> {
  return page.evaluate((texts) => {
    const data = new DataTransfer()
    for (const [name, text] of Object.entries(texts)) data.items.add(new File([text], name))
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
    )
  }, files)
}

/** Drops a trace that the page writes itself: to send a long one takes longer than to read it. */
function dropTrace(page: Page, name: string, queries: number): Promise<void> {
  return page.evaluate(
    ([name, queries]) => {
      const lines = Array.from({ length: queries }, (_, i) => `${i * 10},${10 + (i % 40) * 10}`)
      const data = new DataTransfer()
      data.items.add(new File([`arrival_ms,batch_size\n${lines.join('\n')}\n`], name))
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      )
    },
    [name, queries] as const,
  )
}

const TABLE = `instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms
gpu,10,5,5,6,7
gpu,1000,60,59,66,70
cpu,10,9,9,10,12
cpu,1000,500,490,560,600
`

test('a dropped latency table becomes the workload, with its types as the space', async () => {
  const { page, faults } = await planner()
  await drop(page, { 'mine.csv': TABLE })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#model option:checked')).toBe('mine (own data)')
  expect(await page.textContent('#heading')).toMatch(/gpu|cpu/)
  expect(faults).toEqual([])
})

test('a table that is pasted is taken, as from a spreadsheet with tabs, but not by a field', async () => {
  const { page, faults } = await planner()
  const paste = (selector: string, text: string) =>
    page.locator(selector).evaluate((element, text) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text', text)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
    }, text)
  const heading = await page.textContent('#heading')
  await paste('#qos', TABLE)
  await paste('#heading', ' ')
  await settled(page)
  expect(await page.textContent('#heading')).toBe(heading)
  await paste('#heading', TABLE.replaceAll(',', '\t'))
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#model option:checked')).toBe('pasted (own data)')
  await paste('#heading', '{ "types": ')
  await page.waitForSelector('#error:has-text("pasted.json")')
  expect(faults).toEqual([])
})

test('a type whose name is written right to left turns no number of the page', async () => {
  const { page, faults } = await planner()
  await drop(page, { 'mine.csv': TABLE.replaceAll('gpu', 'نوع-1').replaceAll('cpu', 'סוג-2') })
  await page.waitForSelector('#types th:has-text("نوع-1")')
  await settled(page)
  await page.click('[data-choose]')
  await settled(page)
  for (const place of ['#heading', '#chosen', '#types', '#live h2 >> nth=1', '#table-ranking thead']) {
    const names = await page.locator(place).locator('bdi').allTextContents()
    expect(names).not.toEqual([])
    for (const name of names) expect(name).toMatch(/^(نوع-1|סוג-2)$/)
  }
  await page.locator('[data-field=pricePerHour][data-type="0"]').fill('-1')
  await page.keyboard.press('Tab')
  expect(await page.textContent('.wrong')).toMatch(/^نوع-1: dollars an hour: /)
  expect(await page.locator('.wrong bdi').allTextContents()).toEqual(['نوع-1'])
  expect(faults).toEqual([])
})

test.each([
  ['a mix', 'batch_size,probability\n10,0.7\n100,0.3\n'],
  ['a trace', 'arrival_ms,batch_size\n0,10\n5,100\n9,10\n'],
])('a table of small sizes is added together with %s', async (_, sizes) => {
  const { page, faults } = await planner()
  const small = TABLE.replaceAll(',1000,', ',100,')
  await drop(page, { 'small.csv': small })
  await expect
    .poll(() => page.textContent('#error'))
    .toMatch(
      /^small\.csv: ends at the batch size 100, and the mix of the page has 110; add a mix or a trace /,
    )
  await drop(page, { 'small.csv': small, 'sizes.csv': sizes })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#model option:checked')).toBe('small (own data)')
  expect(faults).toEqual([])
})

test('a mix beyond the table of the page is refused with its line', async () => {
  const { page, faults } = await planner()
  await drop(page, { 'sizes.csv': 'batch_size,count\n10,7\n1001,0\n1002,3\n' })
  await expect
    .poll(() => page.textContent('#error'))
    .toBe(
      'sizes.csv line 4: batch_size: is 1002, beyond the largest bin 1000 of the latency table; ' +
        'measure that size, or leave it out of the mix',
    )
  expect(faults).toEqual([])
})

test.each([
  ['report.html', '<!doctype html>\n<html>\n<style>\na, b {}\n</style>\n'],
  ['frontier.svg', '<svg d="M0,0,1,1" e="M0,0,1,1"/>\n'],
])('%s is no table with faults', async (name, text) => {
  const { page, faults } = await planner()
  await drop(page, { [name]: text })
  await expect
    .poll(() => page.textContent('#error'))
    .toBe(`${name}: is HTML or XML; a table in CSV, or a workload or a space in JSON or YAML, is expected`)
  expect(faults).toEqual([])
})

test('a dropped trace is described, and gives the mix', async () => {
  const { page, faults } = await planner()
  await dropTrace(page, 'trace.csv', 400)
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
  const { stderr } = await kairosHere(['allocate', ...flags], folder)
  const { page } = await planner()
  await drop(page, { [name]: text })
  await page.waitForFunction(() => document.getElementById('error')?.textContent !== '')
  expect(`kairos-wasm: ${await page.textContent('#error')}\n`).toBe(stderr)
})

test('edits go on while a file is read, and stay', async () => {
  const { page, faults } = await planner()
  // so long that it is read for some seconds
  await dropTrace(page, 'ארוך.csv', 3_000_000)
  await page.waitForFunction(() => document.getElementById('reading')?.textContent === 'Reading ארוך.csv')
  // the name is isolated, so that it does not change the direction of the text around it
  expect(await page.locator('#reading bdi').allTextContents()).toEqual(['ארוך.csv'])
  // long enough to be ended if the file were read by the engine that ranks
  await page.waitForTimeout(400)
  for (const budget of ['2.6', '2.7']) {
    await page.fill('#budget', budget)
    await page.waitForTimeout(300)
  }
  await page.fill('#qos', '300')
  expect(await page.textContent('#reading')).toBe('Reading ארוך.csv')
  await page.waitForSelector('#traced #figure-trace svg')
  await settled(page)
  expect(await page.textContent('#reading')).toBe('')
  expect(await page.textContent('#status')).toContain('ארוך.csv: the mix is that of its 3,000,000 queries')
  expect(await page.textContent('#subtitle')).toContain('within 300 ms, $2.7 an hour')
  expect(faults).toEqual([])
})

test('a trace is forgotten when another model is chosen', async () => {
  const { page, faults } = await planner()
  await dropTrace(page, 'trace.csv', 400)
  await page.waitForSelector('#traced #figure-trace svg')
  await page.selectOption('#model', 'dien')
  await page.waitForSelector('#traced section', { state: 'detached' })
  await settled(page)
  await page.fill('#queries', '500')
  await page.fill('#repeats', '1')
  await page.click('#measure')
  await page.waitForSelector('#table-replay')
  expect(await page.textContent('#replay')).not.toContain('400 queries')
  expect(faults).toEqual([])
})

test('a mix of counts is read', async () => {
  const { page } = await planner()
  await drop(page, { 'mix.csv': 'batch_size,count\n10,30\n100,10\n' })
  await page.waitForFunction(() =>
    document.getElementById('status')?.textContent?.includes('is read as a mix'),
  )
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#model option:checked')).toBe('rm2 (own data)')
})

test('a space alone leaves a shipped model what it is', async () => {
  const folder = temporaryFolder()
  const space = JSON.stringify({ types: [{ name: 'g4dn.xlarge', max: 3 }], budgetPerHour: 2 })
  writeFileSync(join(folder, 'space.json'), space)
  const { page } = await planner()
  await drop(page, { 'space.json': space })
  await page.waitForFunction(() =>
    document.getElementById('status')?.textContent?.includes('is read as a space'),
  )
  await settled(page)
  expect(await page.textContent('#model option:checked')).toBe('rm2')
  const command = await page.textContent('#command')
  expect(command).toMatch(/^kairos-wasm allocate --model rm2 -s space.json /)
  const { stdout } = await kairosHere([...command!.split(' ').slice(1), '--format', 'csv', '--quiet'], folder)
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
})

test('long names fit a small page, and paper', async () => {
  const { page } = await planner()
  await page.setViewportSize({ width: 640, height: 450 })
  const name = `gpu-${'x'.repeat(120)}`
  const table = TABLE.split('\n')[0]
  await drop(page, { 't.csv': `${table}\n${name},10,5,5,6,7\n${name},1000,20,19,25,30\n` })
  await page.waitForSelector('#types th:text("gpu-")')
  await settled(page)
  const width = () => page.evaluate(() => document.documentElement.scrollWidth)
  expect(await width()).toBeLessThanOrEqual(640)
  await page.emulateMedia({ media: 'print' })
  expect(await width()).toBeLessThanOrEqual(640)
})

test('a space whose slots are not those of the table is refused, as on the command line', async () => {
  const { page } = await planner()
  const table = 'instance_type,batch_size,concurrency,mean_ms,p95_ms,p99_ms\n'
  await drop(page, { 't.csv': `${table}gpu,10,4,5,6,7\ngpu,1000,4,20,25,30\n` })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#status')).toContain('gpu has 4 slots')
  const types = [{ name: 'gpu', max: 3, pricePerHour: 1, slots: 2 }]
  await drop(page, { 's.json': JSON.stringify({ types, budgetPerHour: 9 }) })
  await expect
    .poll(() => page.textContent('#error'))
    .toContain('s.json line 1: types[0].slots: is 2 for gpu, whose latency table was taken at concurrency 4')
  expect(await page.textContent('#subtitle')).toContain('$2.5 an hour')
})

test('a workload names tables with spaces in their names', async () => {
  const { page } = await planner()
  await drop(page, {
    'w.yaml': 'model: mine\nlatency: my table.csv\nmix: "a, b.csv"\nqosMs: 100\npercentile: 99\n',
    'my table.csv': TABLE,
    'a, b.csv': 'batch_size,probability\n10,1\n',
  })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#model option:checked')).toBe('mine (own data)')
  // its tables are not read a second time by themselves
  const status = (await page.textContent('#status'))!
  expect(status.match(/[^.]*\.[a-z]+ is read as an? [^.]*/g)).toEqual([' w.yaml is read as a workload'])
})

const MIX = 'batch_size,probability\n10,1\n'

/** A workload that reads two tables. */
const workloadOf = (model: string, latency = 'latency.csv', mix = 'mix.csv') =>
  JSON.stringify({ model, latency, mix, qosMs: 100, percentile: 99 })

test('files of an earlier drop are forgotten', async () => {
  const { page } = await planner()
  await drop(page, { 'w.json': workloadOf('first'), 'latency.csv': TABLE, 'mix.csv': MIX })
  await page.waitForSelector('#types th:text("gpu")')
  await page.selectOption('#model', 'rm2')
  await settled(page)
  await drop(page, { 'other.json': workloadOf('other') })
  await expect
    .poll(() => page.textContent('#error'))
    .toMatch(/^other\.json line 1: latency: names latency\.csv, which was not added; add /)
  expect(await page.textContent('#model option:checked')).toBe('rm2')
})

test.each([
  ['a comment', '# measured on these instance types: A\nmodel: mine\n'],
  ['its name', 'model: "types: x"\n'],
])('a workload is not taken for a space because of %s', async (_, head) => {
  const { page } = await planner()
  await drop(page, {
    'w.yaml': `${head}latency: latency.csv\nmix: mix.csv\nqosMs: 100\npercentile: 99\n`,
    'latency.csv': TABLE,
    'mix.csv': MIX,
  })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#status')).toContain('w.yaml is read as a workload')
})

test('a workload finds the tables that are added with it, whatever their folders', async () => {
  const { page } = await planner()
  await drop(page, {
    'rm2.json': workloadOf('copy', '../latency/rm2.csv', '../mixes/hpdc23.csv'),
    'rm2.csv': TABLE,
    'hpdc23.csv': MIX,
  })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.textContent('#model option:checked')).toBe('copy (own data)')
})

test('a workload that names shipped paths reads what is added, and nothing else', async () => {
  const { page } = await planner()
  const text = workloadOf('own', 'data/latency/rm2.csv', '/data/mixes/hpdc23.csv')
  await drop(page, { 'own.json': text })
  await expect.poll(() => page.textContent('#error')).toContain('names data/latency/rm2.csv')
  await drop(page, { 'own.json': text, 'rm2.csv': TABLE, 'hpdc23.csv': MIX })
  await page.waitForSelector('#types th:text("gpu")')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
})
