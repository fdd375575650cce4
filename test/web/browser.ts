/** A real browser: Debian's Chromium, which .ci/run installs. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const PLANNER = join(ROOT, 'build/page.html')

/** Where screenshots go, for people to look at. */
const SCREENSHOTS = join(ROOT, 'build/screenshots')

/** How long a page is waited for: a loaded machine needs more than the usual half a minute. */
const TIMEOUT_MS = 120_000

/** What a page does not need. The list replaces that of Playwright, of which it keeps what matters here. */
const WITHOUT = [
  // pages of their own behind the address bar, of every window: they take as long as the page itself
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  // of Playwright: the interface around a page, and requests of the browser itself
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'LensOverlay', 'MediaRouter'],
  ...['PaintHolding', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
]

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--disable-features=${WITHOUT.join(',')}`,
    ],
  })
}

export interface Opened {
  readonly page: Page
  /** Errors of the console and of scripts, and every request that is not for the file itself. */
  readonly faults: string[]
}

/** Opens a page from disk. */
export async function open(
  browser: Browser,
  file: string,
  { fragment = '', ...options }: BrowserContextOptions & { readonly fragment?: string } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(TIMEOUT_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    const address = request.url()
    if (!/^(blob|data):/.test(address) && address.split('#')[0] !== pathToFileURL(file).href)
      faults.push(address)
  })
  await page.goto(pathToFileURL(file).href + fragment)
  return { page, faults }
}

/** Waits until the page has computed and drawn what it shows. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('body[data-state="ready"]', { state: 'attached' })
  await page.waitForSelector('.plot:not(:has(svg))', { state: 'detached' })
}

/** Saves a screenshot of the whole page where SCREENSHOTS is set: nothing is compared with it. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}

/** Closes what a test opened: a page that stays keeps the processor busy. */
export async function closePages(browser: Browser): Promise<void> {
  await Promise.all(browser.contexts().map((context) => context.close()))
}

/** Opens the empty page, and waits for its first ranking. */
export async function openPlanner(
  browser: Browser,
  options: BrowserContextOptions & { readonly fragment?: string } = {},
): Promise<Opened> {
  const opened = await open(browser, PLANNER, options)
  await settled(opened.page)
  return opened
}

/**
 * Opens one planner for all tests of a file. Its faults are never forgotten.
 *
 * @returns the browser, the page as it was opened, and the page after its first question was asked again
 */
export function sharedPlanner() {
  let browser: Browser
  let opened: Opened
  beforeAll(async () => {
    browser = await launch()
    opened = await openPlanner(browser)
  })
  afterAll(() => browser.close())
  return {
    browser: () => browser,
    opened: () => opened,
    async planner() {
      await startOver(opened)
      return opened
    },
  }
}

/** Asks the first question of an open page again: opening another page takes several times as long. */
export async function startOver({ page }: Opened): Promise<void> {
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 900 })
  await fill(page, 'rows', '20')
  await page.selectOption('#model', 'rm2')
  await settled(page)
}

/** The text of a download that a button starts. */
export async function downloaded(page: Page, selector: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(selector)])
  return readFileSync(await file.path(), 'utf8')
}

/** Fills a field, and waits for what the page shows of it. */
export async function fill(page: Page, field: string, value: string): Promise<void> {
  await page.fill(`#${field}`, value)
  await settled(page)
}
