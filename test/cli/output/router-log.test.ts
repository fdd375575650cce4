import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { routerLog } from '../../../src/cli/output/router-log.ts'
import { temporaryFolder } from '../kairos.ts'

/** A device whose disk is always full. */
function fullDisk(): number {
  const fd = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(fd))
  return fd
}

test.skipIf(process.platform !== 'linux')(
  'a full disk ends no router, and its log takes little memory',
  async () => {
    const { destination, end } = routerLog(fullDisk())
    const log = pino({ base: null }, destination)
    log.info({}, 'lost')
    await once(destination, 'error')
    let dropped = 0
    destination.on('drop', () => dropped++)
    for (let i = 0; i < 20; i++) log.info({ text: 'x'.repeat(1 << 16) }, 'lost')
    expect(dropped).toBeGreaterThan(0)
    // a line that is dropped tries again what waits
    await once(destination, 'error')
    await end()
  },
)

test('the last lines of a log are written at its end', async () => {
  const file = join(temporaryFolder(), 'log')
  const fd = openSync(file, 'w')
  onTestFinished(() => closeSync(fd))
  const { destination, end } = routerLog(fd)
  const log = pino({ base: null }, destination)
  for (let i = 0; i < 100; i++) log.info({ text: 'x'.repeat(1_000) }, 'line')
  log.info({}, 'ended')
  await end()
  expect(readFileSync(file, 'utf8')).toMatch(/"ended"\}\n$/)
})

test.skipIf(process.platform !== 'linux')('a pipe that nobody reads holds up no end of a log', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const pipe = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(fd))
  const { destination, end } = routerLog(fd)
  for (let i = 0; i < 20; i++) destination.write('x'.repeat(10_000))
  const ended = end()
  await vi.advanceTimersByTimeAsync(1_000)
  await expect(ended).resolves.toBeUndefined()
})
