/** The page in Chromium beside Node: ranking, the first paint, 10^9 configurations, and a large report. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { rankConfigurations, readSpace, readWorkload, type Space, type Workload } from '../../src/index.ts'
import { launch, open, PLANNER, settled } from '../../test/web/browser.ts'
import { CLI } from '../live/processes.ts'
import { over, type SuiteResult, sideBySide, timingOf } from '../measure.ts'
import { PUBLISHED_TYPES } from '../spaces.ts'
import { withFolder } from '../temporary-folder.ts'

const SAMPLES = 15

/** Samples that are left out: the compilers warm up. */
const WARM_UP = 3

/** Four types of 0 to 180 instances: 1.07 x 10^9 configurations. */
const LARGEST = 180
const LARGE_BUDGET = 30

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const browser = await launch()
  try {
    const { page } = await open(browser, PLANNER)
    await settled(page)
    const [chromium, node]: [number[], number[]] = [[], []]
    const [workload, space] = await Promise.all([readWorkload('rm2'), readSpace('hpdc23')])
    for (let i = 0; i < WARM_UP + SAMPLES; i++) {
      chromium.push(await inPage(page, i))
      node.push(await inNode(workload, space, i))
    }
    const timings = [
      timingOf('Chromium', chromium.slice(WARM_UP)),
      { ...timingOf('Node', node.slice(WARM_UP)), reference: true as const },
    ]
    print(sideBySide('ranking of the published space, rm2, 20 rows', timings))
    const large = await rankLarge(page)
    const paint = await firstPaint(browser)
    const report = await withFolder((folder) => openReport(browser, folder))
    return {
      suite: 'web',
      timings: timings.map((timing) => ({ ...timing, group: 'ranking in a page' })),
      figures: [
        { ...over('ranking in Chromium, of the time in Node', timings[0], timings[1]), goal: { atMost: 2 } },
        { what: 'top 20 of 1.07 x 10^9 in Chromium', value: large, unit: 'ms', goal: { atMost: 3000 } },
        { what: 'first paint of the empty page', value: paint, unit: 'ms', goal: { atMost: 1000 } },
        { what: 'opening a report of 100,000 rows', value: report, unit: 'ms', goal: { atMost: 3000 } },
      ],
    }
  } finally {
    await browser.close()
  }
}

async function inNode(workload: Workload, space: Space, i: number): Promise<number> {
  const started = performance.now()
  await rankConfigurations({ workload, space: { ...space, budgetPerHour: budgetOf(i) }, topN: 20 })
  return performance.now() - started
}

/** Budgets that change the question a little. */
const budgetOf = (i: number) => 2.5 + (i % 2) / 1000

/** The duration of the ranking, as the worker of the page measures it. */
async function inPage(page: Page, i: number): Promise<number> {
  await page.fill('#budget', String(budgetOf(i + 1)))
  await settled(page)
  return Number(await page.getAttribute('body', 'data-ranked-ms'))
}

async function rankLarge(page: Page): Promise<number> {
  for (let t = 0; t < 4; t++) await page.fill(`[data-field=max][data-type="${t}"]`, String(LARGEST))
  await settled(page)
  await page.fill('#budget', String(LARGE_BUDGET))
  await settled(page)
  return Number(await page.getAttribute('body', 'data-ranked-ms'))
}

async function firstPaint(browser: Browser): Promise<number> {
  const { page } = await open(browser, PLANNER)
  await settled(page)
  return page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime")
}

/** From the start of the navigation until the page is ready. */
async function openReport(browser: Browser, folder: string): Promise<number> {
  const space = {
    types: PUBLISHED_TYPES.map((name) => ({ name, max: 30, pricePerHour: 0.2 })),
    budgetPerHour: 12,
  }
  writeFileSync(join(folder, 'space.json'), JSON.stringify(space))
  const file = join(folder, 'report.html')
  const flags = [
    '-s',
    join(folder, 'space.json'),
    '--top-n',
    '100000',
    '--report',
    file,
    '--format',
    'csv',
    '--quiet',
  ]
  execFileSync(process.execPath, [CLI, 'allocate', ...flags], { maxBuffer: 1e9 })
  const started = performance.now()
  const { page } = await open(browser, file)
  await settled(page)
  return performance.now() - started
}
