/** The empty page in a browser: it computes what the command line computes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Download } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { downloaded, fill, open, PLANNER, settled, sharedPlanner } from './browser.ts'

const FIGURES = ['cost-bound', 'budget', 'cost-per-thousand', 'gain', 'routing']

const { browser, opened, planner } = sharedPlanner()

test('shows the ranking and every figure, without an error and without a request', async () => {
  const { page, faults } = opened()
  expect(await page.locator('#table-ranking tbody tr').count()).toBe(20)
  for (const id of FIGURES) {
    expect(await page.locator(`#figure-${id} svg`).count(), id).toBe(1)
    expect(await page.locator(`#figure-${id} [role=img]`).getAttribute('aria-label')).toMatch(/\w{3}/)
    expect(await page.locator(`#figure-${id} a[download="${id}.csv"]`).getAttribute('href')).toContain('%0A')
  }
  expect(faults).toEqual([])
})

test('a figure is saved as PNG, twice as large as it is shown', async () => {
  const { page, faults } = await planner()
  await page.emulateMedia({ colorScheme: 'dark' })
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

test('says below a field why its value is not used, until it can be', async () => {
  const { page } = await planner()
  const wrong = page.locator('#planner .wrong')
  const describedBy = (field: string) => page.getAttribute(field, 'aria-describedby')
  const title = await page.textContent('#heading')
  for (const [field, value, name] of [
    ['#percentile', '101', 'Percentile'],
    ['[data-field=max][data-type="0"]', '-1', 'g4dn.xlarge: largest count'],
    ['#queries', '3', 'Queries'],
  ]) {
    const before = await page.inputValue(field)
    await page.fill(field, value)
    expect(await wrong.count()).toBe(0)
    await page.locator(field).blur()
    expect(await wrong.count()).toBe(1)
    expect(await wrong.textContent()).toMatch(new RegExp(`^${name}: .*100|^${name}: .*0`))
    // a measurement that has not started has no results
    expect((await wrong.textContent())!.includes('The results are still')).toBe(name !== 'Queries')
    expect(await describedBy(field)).toBe(await wrong.getAttribute('id'))
    expect(await page.textContent('#heading')).toBe(title)
    await page.fill(field, before)
    await settled(page)
    expect(await wrong.count()).toBe(0)
    expect(await describedBy(field)).toBe(null)
  }
})

test('"Choose the first row" leaves the focus beside the button that it hides', async () => {
  const { page } = await planner()
  await page.locator('[data-choose]').nth(1).click()
  await page.click('#unchoose')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('chosen')
  await settled(page)
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
      if (at >= 0) await page.fill(`#${field}`, flags[at + 1])
    }
    await settled(page)
    for (const format of ['csv', 'json']) {
      const { stdout } = await kairosHere([
        'allocate',
        '--model',
        model,
        ...flags,
        '--format',
        format,
        '--quiet',
      ])
      expect(await downloaded(page, `[data-download=${format}]`)).toBe(stdout)
    }
    const command = (await page.textContent('#command'))!.split(' ').slice(1)
    const { stdout } = await kairosHere([...command, '--format', 'csv', '--quiet'])
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
  const keep = async (file: Download) => {
    files[file.suggestedFilename()] = readFileSync(await file.path(), 'utf8')
  }
  page.on('download', keep)
  await page.click('[data-download=workload]')
  await page.click('[data-download=space]')
  await expect
    .poll(() => Object.keys(files).sort())
    .toEqual(['latency.csv', 'mix.csv', 'space.json', 'workload.json'])
  page.off('download', keep)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const flags = ['-w', 'workload.json', '-s', 'space.json', '--format', 'csv', '--quiet']
  const { stdout } = await kairosHere(['allocate', ...flags], folder)
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
  const { stdout } = await kairosHere(['allocate', '-s', 's.json', '--format', 'csv', '--quiet'], folder)
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
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
  const pressed = page.locator('[data-choose][aria-pressed=true]')
  const pressedNames = () => pressed.evaluateAll((all) => all.map((button) => button.dataset.choose))
  expect(await pressedNames()).toEqual([
    await page.locator('[data-choose]').first().getAttribute('data-choose'),
  ])
  await page.keyboard.press('Enter')
  await settled(page)
  expect(await page.textContent('#chosen')).toBe(name)
  expect(await page.textContent('#explanation-title')).toContain(name)
  // the explanation is out of sight: the row and the status show that it changed
  expect(await pressedNames()).toEqual([name])
  expect(await page.textContent('#status')).toContain(`${name} is explained below`)
  expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.choose)).toBe(name)
})

test('results that are saved are those that are shown: nothing is ranked again', async () => {
  const { page } = await planner()
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype
    Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
      document.body.dataset.called = (given[0] as { name: string }).name
      postMessage.apply(this, given as Parameters<typeof postMessage>)
    }
  })
  expect(await downloaded(page, '[data-download=csv]')).toMatch(/^rank,/)
  expect(await page.evaluate(() => document.body.dataset.called)).toBe(undefined)
  await page.selectOption('#model', 'dien')
  await settled(page)
  expect(await page.evaluate(() => document.body.dataset.called)).toMatch(/./)
})

test('a worker that does not start is reported', async () => {
  const file = join(temporaryFolder(), 'page.html')
  const broken = gzipSync('throw new Error("no room for figures")').toString('base64')
  const shell = readFileSync(PLANNER, 'utf8')
  writeFileSync(file, shell.replace(/(?<=<script type="text\/plain" id="figures">)[^<]*/, broken))
  const { page } = await open(browser(), file)
  await page.waitForSelector('body[data-state="failed"]', { state: 'attached' })
  expect(await page.textContent('#error')).toContain('no room for figures')
  await page.fill('#budget', '2.6')
  // the rows are there without figures, and each answer says why
  await expect.poll(() => page.textContent('#subtitle')).toContain('$2.6 an hour')
  await page.waitForSelector('body[data-state="failed"]', { state: 'attached' })
  expect(await page.textContent('#error')).toContain('no room for figures')
  await page.context().close()
})

test('a page is not ready while the tables of a chosen model are read', async () => {
  const { page, faults } = await planner()
  // the model is chosen when the answer to an earlier question is there, and its figures are drawn
  const questions = page.evaluate(
    () =>
      new Promise<(string | null)[]>((resolve) => {
        const ready: (string | null)[] = []
        let isChosen = false
        new MutationObserver((records, observer) => {
          if (!isChosen && records.some(({ attributeName }) => attributeName === 'data-ranked-ms')) {
            isChosen = true
            const model = document.querySelector<HTMLSelectElement>('#model')!
            model.value = 'dien'
            model.dispatchEvent(new Event('change'))
          }
          if (document.body.dataset.state !== 'ready') return
          const shown = document.querySelector('#subtitle')!.textContent
          ready.push(shown)
          if (!shown?.includes('dien')) return
          observer.disconnect()
          resolve(ready)
        }).observe(document.body, { attributeFilter: ['data-state', 'data-ranked-ms'] })
      }),
  )
  await page.fill('#rows', '7')
  for (const question of await questions) expect(question).toContain('dien')
  await settled(page)
  expect(faults).toEqual([])
})

test('a half-typed count leaves the other limit alone', async () => {
  const { page } = await planner()
  const [min, max] = ['min', 'max'].map((field) => page.locator(`[data-field=${field}][data-type="0"]`))
  await max.fill('12')
  await min.fill('3')
  await max.focus()
  await max.selectText()
  await page.keyboard.type('1')
  expect(await min.inputValue()).toBe('3')
  await page.keyboard.type('0')
  await page.keyboard.press('Tab')
  expect([await min.inputValue(), await max.inputValue()]).toEqual(['3', '10'])
  // a complete count moves the other limit
  await max.fill('2')
  await page.keyboard.press('Tab')
  expect(await min.inputValue()).toBe('2')
})

test('nothing of an earlier answer stays beside a failure', async () => {
  const { page, faults } = await planner()
  await page.check('#pareto')
  await settled(page)
  for (let t = 0; t < 4; t++) await page.fill(`[data-field=max][data-type="${t}"]`, '5000')
  await page.fill('#budget', '1000')
  await page.waitForSelector('body[data-state="failed"]', { state: 'attached' })
  expect(await page.textContent('#error')).toContain('lower the budget')
  expect(await page.textContent('#heading')).toBe('The question has no answer')
  expect(await page.textContent('#status')).toBe('')
  expect(await page.locator('#live section').count()).toBe(0)
  await page.uncheck('#pareto')
  await settled(page)
  expect(await page.textContent('#error')).toBe('')
  expect(await page.locator('#table-ranking tbody tr').count()).toBe(20)
  expect(faults).toEqual([])
})

test('a budget of nothing says what would help', async () => {
  const { page } = await planner()
  await fill(page, 'budget', '0.01')
  expect(await page.textContent('#heading')).toBe('Nothing is feasible')
  expect(await page.textContent('#infeasible')).toContain('budget')
})

test('a chosen row that the space excludes is not explained', async () => {
  const { page, faults } = await planner()
  const row = page.locator('[data-choose*="r5n.large=11"]').first()
  const name = await row.getAttribute('data-choose')
  await row.click()
  await settled(page)
  expect(await page.textContent('#chosen')).toBe(name)
  const max = page.locator('[data-field=max][data-type="2"]')
  for (const [field, value] of [
    [max, '3'],
    [page.locator('#budget'), '1'],
  ] as const) {
    const before = await field.inputValue()
    await field.fill(value)
    await settled(page)
    expect(await page.textContent('#chosen')).toBe('the first row')
    const first = await page.locator('[data-choose]').first().getAttribute('data-choose')
    expect(await page.textContent('#explanation-title')).toContain(`Why ${first} serves at most`)
    // a count that was half-typed takes the choice back
    await field.fill(before)
    await settled(page)
    expect(await page.textContent('#chosen')).toBe(name)
    expect(await page.textContent('#explanation-title')).toContain(`Why ${name} serves at most`)
  }
  expect(faults).toEqual([])
})

test('going back to the page leaves no value of one field in another', async () => {
  const { page } = await open(browser(), PLANNER)
  await settled(page)
  await page.goto('about:blank')
  await page.goBack()
  await settled(page)
  expect(await page.inputValue('#queries')).toBe('5000')
  expect(await page.inputValue('#repeats')).toBe('3')
  expect(await page.inputValue('[data-field=pricePerHour][data-type="0"]')).toBe('0.526')
  await page.context().close()
})
