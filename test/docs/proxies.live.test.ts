/** The configurations of nginx and HAProxy in docs/route.md, in front of two routers of which one is stopped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { scheduler } from '../../src/serve/protocols/scheduler.ts'
import { temporaryFolder } from '../cli/kairos.ts'
import { freePort } from '../free-port.ts'
import { call, connect } from '../serve/grpc-js-client.ts'
import { emulate, route } from '../serve/router/live.ts'
import { blocksOf } from './documents.ts'

/** Longer than HAProxy takes to see that a router drains. */
const LAME_DUCK_MS = 4_000

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** How each proxy is started from a folder, and what is added to its configuration so that it runs there. */
const PROXIES = {
  nginx: {
    added: (text: string) =>
      `daemon off; master_process off; pid pid; ${text.replace(
        /http \{/,
        `$& access_log off; ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}`,
      )}`,
    args: (folder: string, file: string) => ['-p', folder, '-c', file, '-e', join(folder, 'errors')],
  },
  haproxy: { added: (text: string) => text, args: (_folder: string, file: string) => ['-db', '-f', file] },
}

/** Starts a proxy with its configuration in docs/route.md. @returns its address */
async function startProxy(name: keyof typeof PROXIES, routers: readonly string[]): Promise<string> {
  const folder = temporaryFolder()
  const [block] = blocksOf('docs/route.md').filter(({ language }) => language === name)
  const address = `127.0.0.1:${await freePort()}`
  const { added, args } = PROXIES[name]
  const text = added(block.text)
    .replace(/(listen |bind ):?8000/, `$1${address}`)
    .replaceAll('127.0.0.1:8001', routers[0])
    .replaceAll('127.0.0.1:8003', routers[1])
  const file = join(folder, block.file)
  writeFileSync(file, text)
  const proxy = spawn(name, args(folder, file), { stdio: ['ignore', 'ignore', 'pipe'] })
  const said = textOf(proxy.stderr)
  const ended = once(proxy, 'exit')
  onTestFinished(async () => {
    proxy.kill()
    await ended.catch(() => undefined)
  })
  const isServing = () =>
    fetch(`http://${address}/v2/health/ready`).then(
      ({ status }) => status,
      () => 0,
    )
  await Promise.race([
    expect.poll(isServing).toBe(200),
    ended.then(async () => {
      throw new Error(`${name} ended: ${await said}`)
    }),
  ])
  return address
}

test.each(['nginx', 'haproxy'] as const)(
  'behind %s as in docs/route.md, one of two routers is stopped without a failed request',
  async (name) => {
    const { servers: fleet } = await emulate([1, 0])
    const [first, second] = await Promise.all([route({ fleet }), route({ fleet })])
    const address = await startProxy(name, [first.router.address, second.router.address])
    const client = connect(address)
    onTestFinished(() => client.close())
    // the router refuses it: the proxy passes messages of this size
    const large = { ...scheduler.Serve, requestSerialize: () => Buffer.alloc(3 * 2 ** 20, 255) }
    await expect(call(client, large, { batch: 1, qWait: 0 })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    })
    let isOver = false
    const outcomes = new Map<unknown, number>()
    const repeat = async (ask: () => Promise<unknown>) => {
      while (!isOver) {
        const outcome = await ask()
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    const asking = [
      repeat(() =>
        call(client, scheduler.Serve, { batch: 1, qWait: 0 }).then(
          () => 'answered',
          ({ code }) => status[code],
        ),
      ),
      repeat(() => fetch(`http://${address}/v2/models/small`).then(({ status }) => status, String)),
    ]
    await first.router.close(5_000, LAME_DUCK_MS).finally(() => {
      isOver = true
    })
    await Promise.all(asking)
    expect([...outcomes.keys()].sort()).toEqual([200, 'answered'])
  },
)
