import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call, connect } from '../../serve/grpc-js-client.ts'
import { codeOf, serverOf } from '../../serve/router/live.ts'
import { type Background, background } from '../background.ts'
import { kairos, temporaryFolder } from '../kairos.ts'

/** Processes take a while to start. */
const SLOWLY = { interval: 100 }

const PORTS = ['--port', '0', '--admin-port', '0', '--health-interval-ms', '100']

/** Emulated servers in a process of their own. */
async function emulate(folder: string, out: string, counts: string) {
  const emulator = background(['emulate', '--counts', counts, '--out', out], folder)
  await emulator.says(/Ctrl-C/)
  const { servers } = JSON.parse(readFileSync(join(folder, out, 'fleet.json'), 'utf8'))
  return { emulator, servers }
}

function clientOf(router: Background) {
  const [, address, admin] = /routing rm2 on (\S+), metrics on (\S+)\n/.exec(router.stdout)!
  const client = connect(address)
  onTestFinished(() => client.close())
  return { client, admin }
}

test('a fleet from a file that changes, a server that is killed, an end that waits', async () => {
  const folder = temporaryFolder()
  const [first, second] = await Promise.all([
    emulate(folder, 'first', '1,0,0,0'),
    emulate(folder, 'second', '1,0,0,0'),
  ])
  const fleet = join(folder, 'fleet.json')
  const write = (servers: object[]) => writeFileSync(fleet, JSON.stringify({ servers }))
  write(first.servers)
  const router = background(['route', '--fleet', 'fleet.json', ...PORTS], folder)
  await router.says(/routing rm2/)
  await router.says(/a server can serve/)
  const { client, admin } = clientOf(router)
  const ask = (batch = 10) => call(client, scheduler.Serve, { batch, qWait: 0 }, { timeoutMs: 20_000 })
  expect((await ask()).exeTime).toBeGreaterThan(4)

  // a file that is wrong changes nothing
  writeFileSync(fleet, '{ "servers": [')
  await router.says(/the fleet cannot be read; the one before stays/)
  write([...first.servers, ...second.servers])
  await router.says(new RegExp(`${second.servers[0].address}.*a server can serve`))

  // both are busy when one of them dies
  const asked = [1000, 1000, 100, 100].map((batch) => codeOf(ask(batch)))
  await new Promise((resolve) => setTimeout(resolve, 100))
  await first.emulator.end('SIGKILL')
  expect(await Promise.all(asked)).toEqual(new Array(4).fill(status.OK))
  await router.says(new RegExp(`${first.servers[0].address}.*a server is taken out`))
  const metrics = await (await fetch(admin)).text()
  expect(metrics).toMatch(/^kairos_answers_total\{model="rm2"\} 5$/m)
  expect(metrics).toMatch(/^kairos_ejections_total\{model="rm2",reason="unreachable"\} [1-9]/m)

  const last = codeOf(ask(1000))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await router.end('SIGTERM')).toBe(0)
  expect(await last).toBe(status.OK)
  // every line of the log is JSON
  for (const line of router.stderr.trim().split('\n')) JSON.parse(line)
})

test('in front of a published list of servers', async () => {
  const folder = temporaryFolder()
  await emulate(folder, 'out', '1,0,0,0')
  const args = [
    '--service-addr',
    'out/service_addr.json',
    '--counts',
    'out/config.json',
    '--log-level',
    'error',
  ]
  const router = background(['route', ...args, ...PORTS], folder)
  await router.says(/routing rm2/)
  const { client } = clientOf(router)
  while ((await codeOf(call(client, scheduler.Serve, { batch: 10, qWait: 0 }))) !== status.OK);
  expect(await router.end('SIGINT')).toBe(0)
  expect(router.stderr).toBe('')
})

test.each([
  [
    0.001,
    /"level":40.*the way through the router takes [\d.]+ ms of a target of 0.001 ms: use a quieter machine/,
  ],
  [60_000, /a server can serve/],
])('a target of %d ms: the router warns if it adds more than a tenth', async (qosMs, says) => {
  const folder = temporaryFolder()
  await emulate(folder, 'run', '1,0,0,0')
  const router = background(
    ['route', '--fleet', 'run/fleet.json', '--qos-ms', String(qosMs), ...PORTS],
    folder,
  )
  await router.says(says)
  expect(router.stderr.includes('of a target')).toBe(qosMs < 1)
})

/** The process ids of the children of a command. */
function childrenOf({ child: { pid } }: Background): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').map(Number)
}

test('two processes that get SIGTERM twice, as signals to their group do, drain all the same', async () => {
  const folder = temporaryFolder()
  await emulate(folder, 'run', '2,0,0,0')
  const more = ['--processes', '2', '--lame-duck', '1s', ...PORTS]
  const router = background(['route', '--fleet', 'run/fleet.json', ...more], folder)
  await router.says(/routing rm2/)
  await expect.poll(() => router.stderr.match(/a server can serve/g)?.length, SLOWLY).toBe(2)
  const { client } = clientOf(router)
  const ask = (batch: number) => codeOf(call(client, scheduler.Serve, { batch, qWait: 0 }))
  expect(await ask(10)).toBe(status.OK)
  const running = ask(1000)
  const began = performance.now()
  for (const pid of childrenOf(router)) process.kill(pid, 'SIGTERM')
  const ended = router.end('SIGTERM')
  expect(await running).toBe(status.OK)
  expect(await ask(10)).toBe(status.OK)
  expect(await ended).toBe(0)
  expect(performance.now() - began).toBeGreaterThan(950)
  expect(router.stderr.match(/"ended"/g)).toHaveLength(2)
})

test('a process that cannot start again is tried until it can, and SIGHUP does not end one that starts', async () => {
  const folder = temporaryFolder()
  await emulate(folder, 'run', '2,0,0,0')
  const fleet = join(folder, 'run/fleet.json')
  const right = readFileSync(fleet, 'utf8')
  const two = ['--processes', '2', ...PORTS]
  const router = background(['route', '--fleet', 'run/fleet.json', ...two], folder)
  await router.says(/routing rm2/)
  const { admin } = clientOf(router)
  const served = async () => /^kairos_processes (\d)$/m.exec(await (await fetch(admin)).text())?.[1]
  writeFileSync(fleet, right.slice(0, 20))
  process.kill(childrenOf(router)[0], 'SIGKILL')
  const restart = /router process \d of 2 ended with status 2 and is started again/
  await router.says(restart)
  // all is JSON, also why the process could not start
  const logged = router.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const why = /^run\/fleet.json line 2: is not JSON/
  expect(logged.find(({ msg }) => restart.test(msg))).toMatchObject({
    ...{ level: 50, error: expect.stringMatching(why) },
  })
  writeFileSync(fleet, right)
  await expect.poll(() => childrenOf(router).length, SLOWLY).toBe(2)
  router.child.kill('SIGHUP')
  await expect.poll(served, SLOWLY).toBe('2')
  expect(router.stderr.match(/is started again/g)).toHaveLength(2)
  expect(await router.end('SIGTERM')).toBe(0)
})

test.each(['--port', '--admin-port'])('several processes say once that their %s is taken', async (flag) => {
  const folder = temporaryFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => void taken.close())
  const port = String((taken.address() as AddressInfo).port)
  writeFileSync(join(folder, 'fleet.json'), '{ "servers": [] }')
  const ports = { '--port': '0', '--admin-port': '0', [flag]: port }
  const flags = ['--fleet', 'fleet.json', '--processes', '3', ...Object.entries(ports).flat()]
  const { status, stderr } = await kairos(['route', ...flags], folder)
  expect(status).toBe(2)
  const problem = `${flag}: cannot listen on 127.0.0.1:${port}: the port is in use`
  expect(stderr).toBe(`kairos-wasm: ${problem}; choose another port, or end the program that listens on it\n`)
})

test('several processes whose two ports are the same say so once, before any starts', async () => {
  const folder = temporaryFolder()
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const port = String((free.address() as AddressInfo).port)
  await new Promise((resolve) => free.close(resolve))
  writeFileSync(join(folder, 'fleet.json'), '{ "servers": [] }')
  const flags = ['--fleet', 'fleet.json', '--processes', '2', '--port', port, '--admin-port', port]
  const { status, stderr } = await kairos(['route', ...flags], folder)
  expect(status).toBe(2)
  const problem = `--admin-port: cannot listen on 127.0.0.1:${port}: the port is in use`
  expect(stderr).toBe(`kairos-wasm: ${problem}; choose another port, or end the program that listens on it\n`)
})

test.each([
  [
    'a missing fleet file',
    ['--fleet', 'none.json'],
    'none.json: there is no such file or folder; check the path',
  ],
  [
    'a certificate that is none',
    ['--fleet', 'fleet.json', '--tls-cert', 'fleet.json', '--tls-key', 'fleet.json'],
    'fleet.json: is not PEM; a text with -----BEGIN ... is expected',
  ],
])('several processes say once that they cannot start: %s', async (_what, more, problem) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'fleet.json'), '{ "servers": [] }')
  const { status, stderr } = await kairos(['route', ...more, ...PORTS, '--processes', '3'], folder)
  expect(status).toBe(2)
  expect(stderr).toBe(`kairos-wasm: ${problem}\n`)
})

test('SIGHUP while a router starts does not end it', async () => {
  const folder = temporaryFolder()
  const pipe = join(folder, 'fleet.json')
  execFileSync('mkfifo', [pipe])
  const router = background(['route', '--fleet', 'fleet.json', ...PORTS], folder)
  // it has begun to read
  const held = await open(pipe, 'w')
  router.child.kill('SIGHUP')
  rmSync(pipe)
  writeFileSync(pipe, '{ "servers": [] }')
  await new Promise((resolve) => setTimeout(resolve, 100))
  await held.writeFile('{ "servers": [] }')
  await held.close()
  await router.says(/routing rm2/)
  expect(await router.end('SIGTERM')).toBe(0)
})

test('two processes share a port, have half of the fleet each, and are counted together', async () => {
  const folder = temporaryFolder()
  await emulate(folder, 'run', '4,0,0,0')
  const two = ['--processes', '2', '--metrics-by', 'server']
  const router = background(['route', '--fleet', 'run/fleet.json', ...two, ...PORTS], folder)
  await router.says(/routing rm2/)
  const { admin } = clientOf(router)
  const metricsOf = async () => (await fetch(admin)).text()
  const totalOf = (text: string, name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*)? (\\d+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    )
  await expect.poll(async () => totalOf(await metricsOf(), 'kairos_joins_total'), SLOWLY).toBe(4)
  expect((await fetch(admin.replace('metrics', 'readyz'))).status).toBe(200)
  // connections are handed out in turn
  const calls = Array.from({ length: 4 }, () => {
    const { client } = clientOf(router)
    return codeOf(call(client, scheduler.Serve, { batch: 10, qWait: 0 }, { timeoutMs: 20_000 }))
  })
  expect(await Promise.all(calls)).toEqual(new Array(4).fill(status.OK))
  const text = await metricsOf()
  expect(totalOf(text, 'kairos_processes')).toBe(2)
  expect(totalOf(text, 'kairos_answers_total')).toBe(4)
  expect(text.match(/^kairos_in_flight\{/gm)).toHaveLength(4)

  // a process that dies is started again with its part of the fleet
  process.kill(childrenOf(router)[0], 'SIGKILL')
  const restart = /router process \d of 2 ended by SIGKILL and is started again/
  await router.says(restart)
  const lines = router.stderr.trim().split('\n')
  const logged = lines.map((line) => JSON.parse(line)).find(({ msg }) => restart.test(msg))
  expect(logged).toMatchObject({ level: 40 })
  await expect.poll(async () => totalOf(await metricsOf(), 'kairos_processes'), SLOWLY).toBe(2)
  await expect.poll(async () => (await metricsOf()).match(/^kairos_in_flight\{/gm)?.length, SLOWLY).toBe(4)
  expect(await router.end('SIGTERM')).toBe(0)
})

test('under a plan, servers of types that it does not take need no table, and SIGHUP tells of another plan', async () => {
  const folder = temporaryFolder()
  const servers = [
    { address: '127.0.0.1:1', type: 'other' },
    { address: '127.0.0.1:1', type: 'g4dn.xlarge', model: 'rm2' },
  ]
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify({ servers }))
  const plan = {
    ...{ types: ['g4dn.xlarge'], pricePerHour: [0.526], startDelayS: [0], startFee: [0] },
    ...{ windowS: 600, cyclic: true, windows: [{ counts: [1] }] },
  }
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
  const reload = async ({ child, says }: ReturnType<typeof background>, line: RegExp) => {
    child.kill('SIGHUP')
    await says(line)
  }
  const router = background(['route', '--fleet', 'fleet.json', '--plan', 'plan.json', ...PORTS], folder)
  await router.says(/routing rm2/)
  await reload(router, /the fleet has been read/)
  expect(router.stderr).not.toContain('plan')
  // the second window takes it
  const taking = {
    ...plan,
    ...{ types: ['other'], windows: [{ counts: [0] }, { counts: [1] }] },
  }
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(taking).slice(0, 9))
  await reload(router, /"error":"plan.json line 1: .*"the file of the plan cannot be read/)
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(taking))
  await reload(router, /the file of the plan has changed, .*: restart the router to follow it/)
  expect(await router.end('SIGTERM')).toBe(0)
  const { status: code, stderr } = await kairos(
    ['route', '--fleet', 'fleet.json', '--plan', 'plan.json', ...PORTS],
    folder,
  )
  expect(stderr).toMatch(/fleet\.json line 1: servers\[0\]\.type: 127\.0\.0\.1:1 is of type "other", which/)
  expect(code).toBe(2)
})

test('a batch beyond the largest bin is refused, or served by extrapolated times', async () => {
  const folder = temporaryFolder()
  const reply = scheduler.Serve.responseSerialize({ exeTime: 1, idx: 0, qWait: 0 })
  const address = await serverOf({ [scheduler.Serve.path]: (_, answer) => answer(null, reply) })
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify({ servers: [{ address, type: 'g4dn.xlarge' }] }))
  const served = async (...more: string[]) => {
    const router = background(['route', '--fleet', 'fleet.json', ...PORTS, ...more], folder)
    await router.says(/a server can serve/)
    const { client } = clientOf(router)
    return { router, ask: (batch: number) => codeOf(call(client, scheduler.Serve, { batch, qWait: 0 })) }
  }
  const plain = await served()
  expect(await plain.ask(1001)).toBe(status.INVALID_ARGUMENT)
  const longer = await served('--extrapolate-to', '1500')
  expect(longer.router.stderr).toContain('rm2: times of batches above 1000, up to 1500, are extrapolated')
  expect(await longer.ask(1500)).toBe(status.OK)
  expect(await longer.ask(1501)).toBe(status.INVALID_ARGUMENT)
})
