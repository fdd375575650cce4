import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
// loaded before a bar asks for it: fake time passes while a test waits for the file
import 'cli-progress'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startProgress, startStatus, withStatus } from '../../../src/cli/output/progress.ts'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const [isTTY, columns] = [process.stderr.isTTY, process.stderr.columns]
let written = ''

beforeEach(() => {
  written = ''
  Object.assign(process.stderr, { isTTY: true, columns: 200 })
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written += chunk
    return true
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  Object.assign(process.stderr, { isTTY, columns })
})

test('a bar that is updated at the start shows while the first part of long work runs', async () => {
  vi.useFakeTimers()
  await vi.advanceTimersByTimeAsync(1000)
  const progress = startProgress('searching', 'repetitions', false)
  progress.update({ done: 0, total: 5 })
  await vi.advanceTimersByTimeAsync(290)
  progress.update({ done: 0, total: 5 })
  await vi.dynamicImportSettled()
  expect(written).toBe('')
  await vi.advanceTimersByTimeAsync(20)
  await vi.dynamicImportSettled()
  expect(written).toContain('searching ░░░░░░░░░░░░░░░░░░░░░░░░ 0% of 5 repetitions')
  expect(written).not.toMatch(/left|repetitions,/)
  await vi.advanceTimersByTimeAsync(4000)
  progress.update({ done: 1, total: 5 })
  await vi.advanceTimersByTimeAsync(500)
  progress.stop()
  expect(written).toMatch(/ 20% of 5 repetitions, 0\.2\d+ repetitions\/s, 1[67][.\d]* s left/)
})

test('the rate and the time left are those of this run: what was done before does not count', async () => {
  vi.useFakeTimers()
  const progress = startProgress('measuring', 'rounds', false)
  progress.update({ done: 90, total: 100 })
  await vi.waitFor(() => expect(written).toContain('90% of 100 rounds'))
  await vi.advanceTimersByTimeAsync(3000)
  progress.update({ done: 91, total: 100 })
  await vi.advanceTimersByTimeAsync(500)
  progress.stop()
  expect(written).toMatch(/ 91% of 100 rounds, 0\.[23]\d* rounds\/s, (2[789]|3[01])[.\d]* s left/)
})

test('a total that grows, as that of a ranking in several passes, is shown', async () => {
  vi.useFakeTimers()
  const progress = startProgress('ranking', 'configurations', false)
  await vi.advanceTimersByTimeAsync(500)
  progress.update({ done: 0, total: 5 })
  progress.update({ done: 0, total: 5 })
  await vi.dynamicImportSettled()
  expect(written).toContain('0% of 5 configurations')
  // one bar has hidden the cursor
  expect(written.split('\u001b[?25l')).toHaveLength(2)
  progress.update({ done: 5, total: 20 })
  await vi.advanceTimersByTimeAsync(500)
  progress.stop()
  expect(written).toContain('25% of 20 configurations')
})

test('quick work shows nothing', async () => {
  vi.useFakeTimers()
  const progress = startProgress('reading', 'bytes', false)
  progress.update({ done: 0, total: 5 })
  progress.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(written).toBe('')
})

test('a bar that is stopped is not shown again, and not at all before it is loaded', async () => {
  vi.useFakeTimers()
  const loading = startProgress('reading', 'bytes', false)
  await vi.advanceTimersByTimeAsync(500)
  loading.update({ done: 1, total: 5 })
  loading.stop()
  await vi.dynamicImportSettled()
  expect(written).toBe('')
  const shown = startProgress('reading', 'bytes', false)
  await vi.advanceTimersByTimeAsync(500)
  shown.update({ done: 0, total: 5 })
  await vi.dynamicImportSettled()
  shown.update({ done: 5, total: 5 })
  await vi.advanceTimersByTimeAsync(500)
  // all is done: no time is left
  expect(written).toMatch(/100% of 5 bytes, \d[.\d]* bytes\/s(?!,)/)
  shown.stop()
  written = ''
  shown.update({ done: 5, total: 10 })
  await vi.advanceTimersByTimeAsync(500)
  expect(written).toBe('')
})

test('a status line is cut before the last column, where it would wrap', () => {
  Object.assign(process.stderr, { columns: 10 })
  startStatus(false).show('0123456789')
  expect(written).toBe('\r\u001b[K012345678')
})

test('a status line is whole on a terminal that does not know its width, and is cleared', () => {
  Object.assign(process.stderr, { columns: 0 })
  expect(withStatus('replaying', false, () => 7)).toBe(7)
  expect(written).toBe('\r\u001b[Kreplaying\r\u001b[K')
  expect(() => {
    withStatus('failing', false, () => {
      throw new Error('no')
    })
  }).toThrow('no')
  expect(written.endsWith('failing\r\u001b[K')).toBe(true)
  startStatus(true).show('hidden')
  expect(written).not.toContain('hidden')
})

test('long replays and plans show what blocks the command, short ones do not', async () => {
  const counts = ['--counts', '2,0,9,0', '--policy', 'fcfs']
  const long = await kairosHere(['replay', '--rate', '50', '--queries', '500000', ...counts])
  expect(long.stderr).toContain('drawing 500,000 queries\r')
  expect(long.stderr).toContain('replaying 500,000 queries under fcfs\r')
  const short = await kairosHere(['replay', '--rate', '50', '--queries', '5000', ...counts])
  expect(short.stderr).toMatch(/^5,000 queries in \d+ ms\n$/)

  const rates = join(temporaryFolder(), 'rates.csv')
  writeFileSync(
    rates,
    `start_s,rate_qps\n${Array.from({ length: 20_000 }, (_, i) => `${60 * i},50\n`).join('')}`,
  )
  const plan = await kairosHere(['plan', '--rates', rates, '--window', '60'])
  expect(plan.stderr).toContain('planning 20,000 windows x 12,096 configurations\r')
})
