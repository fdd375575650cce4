import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createRouter } from '../../../src/serve/router/router.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()

describe('a router rejects', () => {
  test.each([
    ['an unknown policy', { policy: 'best' }, /there is no policy "best"/],
    ['an unknown type', { fleet: [{ address: 'x:1', type: 'other' }] }, /x:1 is of type "other"/],
    [
      'slots at which the table was not taken',
      {
        workload: { ...workload, latency: { ...workload.latency, concurrency: Float64Array.of(4, 0) } },
        fleet: [{ address: 'x:1', type: 'fast', slots: 2 }],
      },
      /slots: of x:1 is 2 for fast, whose latency table was taken at concurrency 4; give slots: 4, or/,
    ],
    ['two workloads of one model', { workload: [workload, workload] }, /"small" is listed twice/],
    ['an address of another machine', { host: '192.0.2.1' }, /^host: cannot listen on 192.0.2.1/],
    ['a port above 65535', { port: 65_536 }, /port: is 65536; a whole number from 0 to 65535/],
    ['a negative admin port', { adminPort: -1 }, /adminPort: is -1; a whole number from 0 to 65535/],
    ['a queue of 0', { queue: 0 }, /queue: is 0; a whole number >= 1/],
    ['a message limit that is not a number', { maxMessageBytes: Number.NaN }, /maxMessageBytes: is NaN/],
    ['a negative limit of connections', { maxConnections: -5 }, /maxConnections: is -5/],
    [
      'an interval that is not a number',
      { healthIntervalMs: Number.NaN },
      /healthIntervalMs: is NaN; a number of milliseconds/,
    ],
    [
      'an interval above the limit of timers',
      { healthIntervalMs: 2 ** 31 },
      /healthIntervalMs: is 2147483648/,
    ],
    ['an unknown admission', { admission: 'some' as 'all' }, /admission: is "some"; it is one of/],
    ['no workload', { workload: [] }, /workload: has no workload; at least one is expected/],
    ['a fleet that is no list', { fleet: null as unknown as [] }, /fleet: is null; a list of servers/],
    ['a server that is none', { fleet: [null as never] }, /fleet\[0\]: has no address or no type/],
    ['a server without an address', { fleet: [{ type: 'fast' } as never] }, /fleet\[0\]: has no address/],
    [
      'a server whose address has no port',
      { fleet: [{ type: 'fast', address: '127.0.0.1' }] },
      /fleet\[0\]\.address: is "127\.0\.0\.1"; host:port is expected/,
    ],
    [
      'a server at a URL',
      { fleet: [{ type: 'fast', address: 'ipv4:127.0.0.1:1' }] },
      /fleet\[0\]\.address: is "ipv4:127\.0\.0\.1:1"/,
    ],
    [
      'a server at an address of numbers that is none',
      { fleet: [{ type: 'fast', address: '10.0.0.256:1' }] },
      /fleet\[0\]\.address: is "10\.0\.0\.256:1"/,
    ],
    [
      'a server without slots',
      { fleet: [{ type: 'fast', address: 'a:1', slots: 0 }] },
      /fleet\[0\]\.slots: is 0; a whole number from 1 to 1024 is expected/,
    ],
    [
      'a model that is no text',
      { fleet: [{ type: 'fast', address: 'a:1', model: 5 as never }] },
      /fleet\[0\]\.model: is 5; the name of a model is expected/,
    ],
    [
      'an unknown way to send batches',
      { fleet: [{ type: 'fast', address: 'a:1', batching: 'joined' as never }] },
      /fleet\[0\]\.batching: is "joined"; it is one of parallel, merge/,
    ],
    [
      'a log without all methods',
      { log: { info() {}, warn() {} } as never },
      /log: is no log; an object with/,
    ],
    ['a log that is false', { log: false as never }, /log: is no log/],
    ['an advisor that is none', { advisor: { windowMs: 5 } as never }, /advisor: is no advisor; an object/],
    [
      'an advisor without an end of its windows',
      { advisor: { windowMs: Number.NaN, advise: () => undefined as never } },
      /advisor.windowMs: is NaN; a number of milliseconds/,
    ],
    ['a method that is text', { method: '' as never }, /options: is /],
    ['certificates without a key', { tls: { cert: Buffer.from('') } as never }, /tls: has no key or no cert/],
    ['a target that is not a number', { workload: { ...workload, qosMs: Number.NaN } }, /qosMs: is NaN/],
  ])('%s', async (_what, options, message) => {
    await expect(createRouter({ workload, fleet: [], ...options })).rejects.toThrow(message)
  })
})

test.each(['port', 'adminPort'] as const)(
  'a router whose %s is in use says so, and not that its servers have left',
  async (option) => {
    const first = await createRouter({ workload, fleet: [] })
    onTestFinished(() => first.close())
    const [taken] = (option === 'port' ? first.address : first.adminAddress).split(':').slice(-1)
    const lines: string[] = []
    const note = (_: object, line?: string) => void lines.push(line ?? '')
    const options = {
      fleet: [{ address: '127.0.0.1:1', type: 'fast' }],
      log: { debug: note, info: note, warn: note },
    }
    await expect(createRouter({ workload, ...options, [option]: Number(taken) })).rejects.toThrow(
      `${option}: cannot listen on 127.0.0.1:${taken}: the port is in use; choose another port, or end the program that listens on it`,
    )
    expect(lines).not.toContain('a server has left the fleet')
  },
)

test.each([
  ['::1', 'port', 'the port is in use; choose another port, or end the program that listens on it'],
  ['[::1]', 'host', '.*; write the host without brackets'],
  ['192.0.2.1', 'host', '.*; choose an address of this machine, or 0.0.0.0 for all of them'],
])('of the host %s it is said why it cannot be listened on', async (host, part, problem) => {
  const first = await createRouter({ workload, fleet: [], host: '::1', adminHost: '::1' })
  onTestFinished(() => first.close())
  expect(first.address).toMatch(/^\[::1\]:\d+$/)
  const portOf = (address: string) => Number(address.split(':').at(-1))
  const client = { host, port: portOf(first.address) }
  const admin = { adminHost: host, adminPort: portOf(first.adminAddress) }
  for (const [taken, prefix] of [
    [client, ''],
    [admin, 'admin'],
  ] as const) {
    const field = prefix === '' ? part : `admin${part[0].toUpperCase()}${part.slice(1)}`
    await expect(createRouter({ workload, fleet: [], ...taken })).rejects.toThrow(
      new RegExp(`^${field}: cannot listen on \\S+:\\d+: ${problem}$`),
    )
  }
})

test.each([
  ...['port', 'adminPort', 'queue', 'maxWaitMs', 'maxMessageBytes', 'maxBufferedBytes', 'maxConnections'],
  ...['healthIntervalMs', 'admission', 'metricsBy', 'sendBatches', 'translate', 'host', 'adminHost'],
])('a router rejects null as %s', async (option) => {
  const router = createRouter({ workload, fleet: [], [option]: null })
  // closes a router that was started all the same
  onTestFinished(() => router.then((started) => started.close()).catch(() => undefined))
  await expect(router).rejects.toThrow(`${option}: is `)
})

test('times that cannot be waited do not close a router', async () => {
  const router = await createRouter({ workload, fleet: [] })
  await expect(router.close(Infinity)).rejects.toThrow(/timeoutMs: is Infinity; a number of milliseconds/)
  await expect(router.close(0, Number.NaN)).rejects.toThrow(/lameDuckMs: is NaN/)
  expect(() => router.setFleet(undefined as never)).toThrow(/fleet: is undefined; a list of servers/)
  expect((await fetch(`http://${router.adminAddress}/healthz`)).status).toBe(200)
  await router.close()
})

test('requests of a method of one’s own are joined neither at the start nor for servers that are listed later', async () => {
  const method = { method: '/a.B/C', batchField: '1' }
  const fleet = [{ address: '127.0.0.1:1', type: 'fast', batching: 'merge' as const }]
  const message =
    /fleet\[0\]\.batching: is merge for 127.0.0.1:1, and requests of \/a\.B\/C cannot be joined; only .*: use parallel/
  await expect(createRouter({ workload, fleet, method })).rejects.toThrow(message)
  const router = await createRouter({ workload, fleet: [], method })
  onTestFinished(() => router.close())
  expect(() => router.setFleet(fleet)).toThrow(message)
  expect(router.servers()).toEqual([])
})

test.each([0.5, 2 ** 31])('an advisor may have windows of %d ms', async (windowMs) => {
  const advisor = { windowMs, advise: () => undefined as never }
  const router = await createRouter({ workload, fleet: [], advisor })
  expect(router.servers()).toEqual([])
  await router.close()
})

test('a log that throws ends no change of the fleet', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const fail = () => {
    throw new Error('no room')
  }
  const log = { debug: fail, info: fail, warn: fail }
  const router = await createRouter({ workload, fleet: [{ address: '127.0.0.1:1', type: 'fast' }], log })
  router.setFleet([])
  expect(router.servers()).toEqual([])
  expect(warned.mock.calls).toEqual([['the log of the router failed: Error: no room']])
  await router.close()
})
