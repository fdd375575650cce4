/** The field for the largest batch: the page ranks what the command line ranks with `--max-batch`. */
import { expect, test } from 'vitest'
import { kairosHere } from '../cli/kairos.ts'
import { downloaded, settled, sharedPlanner } from './browser.ts'

const { planner } = sharedPlanner()

test('the largest batch is chosen among the sizes that hold two queries, and taken back', async () => {
  const { page, faults } = await planner()
  const before = await page.textContent('#subtitle')
  expect(await page.inputValue('#batching')).toBe('')
  const options = await page.locator('#batching option').allTextContents()
  // the smallest bin of rm2 is 10
  expect([options.length, options[0], options[1], options.at(-1)]).toEqual([
    100,
    'none',
    'up to 1,000',
    'up to 20',
  ])
  await page.selectOption('#batching', 'up to 500')
  await settled(page)
  expect(await page.textContent('#subtitle')).toContain('in batches of up to 500')
  expect(await page.textContent('#command')).toMatch(/ --model rm2 .* --max-batch 500$/)
  const { stdout } = await kairosHere([
    ...['allocate', '--model', 'rm2', '--max-batch', '500', '--top-n', '20'],
    ...['--format', 'csv', '--quiet'],
  ])
  expect(await downloaded(page, '[data-download=csv]')).toBe(stdout)
  await page.selectOption('#batching', 'none')
  await settled(page)
  expect(await page.textContent('#subtitle')).toBe(before)
  expect(await page.textContent('#command')).not.toContain('batch')
  expect(faults).toEqual([])
})
