/** `npm run screenshot [-- FILE]`: the planner as README.md shows it, in Chromium. */
import { launch, open, PLANNER, settled } from '../test/web/browser.ts'

const file = process.argv[2] ?? 'docs/planner.png'
const browser = await launch()
const { page } = await open(browser, PLANNER, { viewport: { width: 1500, height: 1040 } })
await settled(page)
await page.selectOption('#model', 'dien')
await settled(page)
// few rows, so that the first picture is seen below them
await page.fill('#rows', '6')
await page.locator('#rows').blur()
await settled(page)
await page.screenshot({ path: file })
await browser.close()
