import { execFileSync } from 'node:child_process'
import { closeSync, constants, copyFileSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call, connect } from '../../serve/grpc-js-client.ts'
import { codeOf, nameAt } from '../../serve/router/live.ts'
import { background } from '../background.ts'
import { temporaryFolder } from '../kairos.ts'

const PORTS = ['--port', '0', '--admin-port', '0', '--health-interval-ms', '100']
const PEM = new URL('../../fixtures/tls/', import.meta.url)

/** A router in front of two emulated servers, with one of them in its fleet. */
async function start(...more: string[]) {
  const folder = temporaryFolder()
  const emulator = background(['emulate', '--counts', '1,0,1,0', '--out', 'run'], folder)
  await emulator.says(/Ctrl-C/)
  const { servers } = JSON.parse(readFileSync(join(folder, 'run/fleet.json'), 'utf8'))
  const write = (listed: object[]) =>
    writeFileSync(join(folder, 'fleet.json'), JSON.stringify({ servers: listed }))
  write(servers.slice(0, 1))
  const router = background(['route', '--fleet', 'fleet.json', ...PORTS, ...more], folder)
  await router.says(/routing rm2/)
  await router.says(/a server can serve/)
  const [, address, admin] = /routing rm2 on (\S+), metrics on http:\/\/(\S+)\/metrics/.exec(router.stdout)!
  return { folder, servers, write, router, address, admin }
}

test('SIGHUP reads the certificates and the fleet again, and SIGUSR1 opens no debugger', async () => {
  const folder = temporaryFolder()
  for (const part of ['pem', 'key'])
    copyFileSync(new URL(`server.${part}`, PEM), join(folder, `live.${part}`))
  const { router, address, servers, write } = await start(
    ...['--tls-cert', join(folder, 'live.pem'), '--tls-key', join(folder, 'live.key')],
  )
  const before = await nameAt(address)
  for (const part of ['pem', 'key'])
    copyFileSync(new URL(`client.${part}`, PEM), join(folder, `live.${part}`))
  router.child.kill('SIGUSR1')
  write(servers)
  router.child.kill('SIGHUP')
  await router.says(/"servers":2,.*the fleet has been read/)
  await router.says(new RegExp(`${servers[1].address}.*a server can serve`))
  const after = await nameAt(address)
  expect(after).not.toBe(before)
  // a certificate that cannot be used changes nothing
  writeFileSync(join(folder, 'live.pem'), 'x')
  router.child.kill('SIGHUP')
  await router.says(/nothing is reloaded/)
  expect(await nameAt(address)).toBe(after)
  expect(router.stderr).not.toMatch(/debugger/i)
  expect(await router.end('SIGTERM')).toBe(0)
})

test('with a lame-duck time the router is not ready after SIGTERM, still serves, and closes HTTP/1.1 after each answer', async () => {
  const { router, address, admin } = await start('--lame-duck', '700ms')
  const client = connect(address)
  onTestFinished(() => client.close())
  const ask = () => codeOf(call(client, scheduler.Serve, { batch: 10, qWait: 0 }))
  const connection = async () => (await fetch(`http://${address}/v2/health/live`)).headers.get('connection')
  expect(await ask()).toBe(status.OK)
  expect(await connection()).toBe('keep-alive')
  router.child.kill('SIGTERM')
  await router.says(/shutting down/)
  expect(await connection()).toBe('close')
  expect((await fetch(`http://${admin}/readyz`)).status).toBe(503)
  expect(await ask()).toBe(status.OK)
  expect(await router.end('SIGCONT')).toBe(0)
})

test('silent connections to the port of metrics do not keep a probe out', async () => {
  const { router, admin, address } = await start('--host', '127.0.0.2')
  expect(address).toMatch(/^127\.0\.0\.2:/)
  expect(admin).toMatch(/^127\.0\.0\.1:/)
  const port = Number(admin.split(':')[1])
  const silent = Array.from({ length: 80 }, () => connectTcp(port, '127.0.0.1'))
  onTestFinished(() => {
    for (const socket of silent) socket.destroy()
  })
  await Promise.all(
    silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve).on('error', resolve))),
  )
  expect((await fetch(`http://${admin}/readyz`)).status).toBe(200)
  expect(await router.end('SIGTERM')).toBe(0)
})

/** Waits until a process reads a named pipe, and lets it wait for data. */
async function holdPipe(pipe: string): Promise<void> {
  for (;;) {
    try {
      const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
      onTestFinished(() => closeSync(fd))
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Whether a process reads a pipe, or waits for it. */
function isRead(pipe: string): boolean {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch {
    return false
  }
}

test.each([1, 2])('the first SIGTERM ends a start of %d processes that hangs', async (processes) => {
  const folder = temporaryFolder()
  const pipe = join(folder, 'fleet.json')
  execFileSync('mkfifo', [pipe])
  const more = ['--processes', String(processes)]
  const router = background(['route', '--fleet', 'fleet.json', ...more, ...PORTS], folder)
  await holdPipe(pipe)
  expect(await router.end('SIGTERM')).toBe(143)
  await expect.poll(() => isRead(pipe)).toBe(false)
})

test('servers that listen on all addresses are listed with one that can be reached', async () => {
  const folder = temporaryFolder()
  const emulator = background(['emulate', '--counts', '1,0,0,0', '--host', '0.0.0.0', '--out', 'run'], folder)
  await emulator.says(/Ctrl-C/)
  const [address] = JSON.parse(readFileSync(join(folder, 'run/service_addr.json'), 'utf8'))
  expect(address).not.toMatch(/0\.0\.0\.0/)
  expect(readFileSync(join(folder, 'run/fleet.json'), 'utf8')).toContain(`"${address}"`)
  const client = connect(address)
  onTestFinished(() => client.close())
  expect(await codeOf(call(client, scheduler.Serve, { batch: 10, qWait: 0 }))).toBe(status.OK)
})
