import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { routerLog } from '../../../src/cli/output/router-log.ts'

/** A device whose disk is always full. */
function fullDisk(): number {
  const fd = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(fd))
  return fd
}

test.skipIf(process.platform !== 'linux')(
  'a full disk ends no router, and its log takes little memory',
  async () => {
    const destination = routerLog(fullDisk())
    const log = pino({ base: null }, destination)
    log.info({}, 'lost')
    await once(destination, 'error')
    let dropped = 0
    destination.on('drop', () => dropped++)
    for (let i = 0; i < 20; i++) log.info({ text: 'x'.repeat(1 << 16) }, 'lost')
    expect(dropped).toBeGreaterThan(0)
    // a line that is dropped tries again what waits
    await once(destination, 'error')
  },
)
