import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openTrialLog } from '../../../src/files/logs/trial-log.ts'
import { scratchFolder } from '../scratch.ts'

const key = (letter: string) => letter.repeat(64)

test('a device is no log', async () => {
  await expect(openTrialLog('/dev/zero')).rejects.toMatchObject({
    code: 'NO_FILE',
    message: '/dev/zero: is not a file; give the path of a file, which need not exist yet',
  })
})

test('keeps trials by content and rate, and goes on behind a line that was cut', async () => {
  const { path } = scratchFolder()
  const file = path('deep/trials.ndjson')
  const first = await openTrialLog(file)
  expect([first.size, first.find(key('a'), 95.3)]).toEqual([0, undefined])
  first.add(key('a'), 95.3, true)
  first.add(key('a'), 96.1, false)
  first.add(key('b'), 0.1 + 0.2, true)
  first.close()
  appendFileSync(file, '{"trial":"cccc')
  const second = await openTrialLog(file)
  expect(second.size).toBe(3)
  expect(second.find(key('a'), 95.3)).toBe(true)
  expect(second.find(key('a'), 96.1)).toBe(false)
  expect(second.find(key('b'), 0.30000000000000004)).toBe(true)
  expect(second.find(key('b'), 0.3)).toBeUndefined()
  expect(second.reused).toBe(3)
  second.add(key('d'), 7, false)
  expect(second.find(key('d'), 7)).toBe(false)
  second.close()
  const third = await openTrialLog(file)
  expect([third.size, third.find(key('d'), 7)]).toEqual([4, false])
  third.close()
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(4)
})

test('goes on where the next line stands directly behind one that was cut, as after a full disk', async () => {
  const { path } = scratchFolder()
  const file = path('trials.ndjson')
  const lineOf = (rate: number) => `{"trial":"${key('a')}","rate":${rate},"holds":true}\n`
  for (const cut of ['{"t', '{"trial":"aaa', `{"trial":"${key('a')}","rate":2,"holds":true}`]) {
    writeFileSync(file, `${lineOf(1)}${cut}${lineOf(3)}`)
    const log = await openTrialLog(file)
    expect([log.size, log.find(key('a'), 1), log.find(key('a'), 3)]).toEqual([2, true, true])
    log.close()
  }
})

test('two that are open at a time add to one file', async () => {
  const { path } = scratchFolder()
  const file = path('trials.ndjson')
  const logs = [await openTrialLog(file), await openTrialLog(file)]
  for (let i = 1; i <= 50; i++) logs[i % 2].add(key('a'), i, i % 3 === 0)
  for (const log of logs) log.close()
  const log = await openTrialLog(file)
  expect(log.size).toBe(50)
  expect(log.find(key('a'), 33)).toBe(true)
  log.close()
})

test.each([
  ['not JSON', 'hello'],
  ['another format', '{"type":"gpu","batchSize":10}'],
  ['no hash', '{"trial":"a","rate":1,"holds":true}'],
  ['a rate of nothing', `{"trial":"${'a'.repeat(64)}","rate":0,"holds":true}`],
  ['no verdict', `{"trial":"${'a'.repeat(64)}","rate":1,"holds":1}`],
])('%s is refused with its line', async (_what, line) => {
  const { path, write, refusal } = scratchFolder()
  write('trials.ndjson', `{"trial":"${key('a')}","rate":1,"holds":true}\n${line}\n`)
  const error = await refusal(openTrialLog(path('trials.ndjson')))
  expect(error.message).toMatch(
    /trials\.ndjson line 2: is not a trial; remove the line, or give the path of a log/,
  )
})

test('a log that is closed takes nothing more', async () => {
  const { path } = scratchFolder()
  const log = await openTrialLog(path('trials.ndjson'))
  log.close()
  log.close()
  expect(() => log.add(key('a'), 1, true)).toThrow(/trials\.ndjson: is closed; open the log again/)
})

test('a folder is no log', async () => {
  const { path, refusal } = scratchFolder()
  expect((await refusal(openTrialLog(path('.')))).code).toBe('NO_FILE')
})
