import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const LOADER = new URL('../../../.config/typescript.mjs', import.meta.url).href
const CHANNEL = new URL('../../../src/serve/grpc/client/channel.ts', import.meta.url).href

// in a process of its own: one that sends for ever cannot be stopped from inside
test('a server that resets requests in the middle, whose ends cancel others, is sent nothing for ever', () => {
  const code = `
    import { createServer } from 'node:http2'
    import { openChannel } from '${CHANNEL}'
    const server = createServer({ settings: { initialWindowSize: 2 ** 20 } })
    server.on('session', (session) => session.setLocalWindowSize(2 ** 20))
    let streams = 0
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.resume()
      setTimeout(() => stream.close(8), 5 + (streams++ % 5) * 4)
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const channel = openChannel('127.0.0.1:' + server.address().port, { maxMessageBytes: 2 ** 23 })
    const message = Buffer.alloc(4_000_000)
    const open = new Set()
    let ended = 0
    function start() {
      const call = channel.call({ path: '/a/b', message, timeoutMs: 60_000 }, () => {
        open.delete(call)
        for (const other of [...open].slice(0, 5)) {
          other.cancel()
          open.delete(other)
        }
        ended++
        setImmediate(fill)
      })
      open.add(call)
    }
    function fill() {
      if (ended >= 40) process.exit()
      while (open.size < 12) start()
    }
    fill()`
  const args = ['--import', LOADER, '--input-type=module', '-e', code]
  const run = () => execFileSync(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' })
  expect(run).not.toThrow()
})
