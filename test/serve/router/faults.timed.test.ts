import { connect as http2 } from 'node:http2'
import { createServer, connect as dial } from 'node:net'
import { status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call, connect } from '../grpc-js-client.ts'
import { type Answer, codeOf, emulate, route, serverOf, tally, until } from './live.ts'

const ask = (client: ReturnType<typeof connect>, batch = 1, timeoutMs = 10_000) =>
  call(client, scheduler.Serve, { batch, qWait: 0 }, { timeoutMs })

/** Sends requests at equal distances, whatever the answers. */
async function stream(
  client: ReturnType<typeof connect>,
  queries: number,
  gapMs: number,
): Promise<Promise<unknown>[]> {
  const asked: Promise<unknown>[] = []
  for (let i = 0; i < queries; i++) {
    const one = ask(client, i % 5 === 0 ? 10 : 1)
    one.catch(() => undefined)
    asked.push(one)
    await new Promise((resolve) => setTimeout(resolve, gapMs))
  }
  return asked
}

const serve = (handle: (reply: Buffer, answer: Answer) => void) => ({
  '/grpc.Scheduler/Serve': (request: Buffer, answer: Answer) => {
    const { batch, qWait } = scheduler.Serve.requestDeserialize(request)
    if (batch === 0) return answer({ code: status.INVALID_ARGUMENT, details: '' })
    handle(scheduler.Serve.responseSerialize({ exeTime: 1, idx: 0, qWait }), answer)
  },
})

describe('a server of several', () => {
  test('is stopped and started again: no request is lost', async () => {
    const { servers } = await emulate([3, 0])
    const { router, client } = await route({ fleet: servers })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const port = Number(servers[0].address.split(':')[1])
    setTimeout(() => servers[0].stop(), 150)
    const first = await stream(client, 100, 3)
    await until(() => router.servers().some(({ state }) => state === 'ejected'))
    await emulate([1, 0], { port })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const second = await stream(client, 20, 3)
    expect(await tally([...first, ...second])).toEqual({ OK: 120 })
  })

  test('answers checks of its health with bytes that are no message: it is not ready, and others serve', async () => {
    const noMessage = Buffer.from([0x0a, 0xff])
    const address = await serverOf({
      ...serve((reply, answer) => answer(null, reply)),
      '/grpc.health.v1.Health/Check': (_request: Buffer, answer: Answer) => answer(null, noMessage),
    })
    const { servers } = await emulate([1, 0])
    const { router, client } = await route({ fleet: [{ address, type: 'fast' }, ...servers] })
    await until(() => router.servers().some(({ state }) => state === 'up'))
    expect(await tally(await stream(client, 5, 3))).toEqual({ OK: 5 })
    expect(router.servers().find((server) => server.address === address)).toMatchObject({ state: 'starting' })
  })

  test.each<[string, (reply: Buffer, answer: Answer) => void]>([
    ['never answers', () => undefined],
    ['sends an invalid response', (_reply, answer) => answer(null, Buffer.from('<html>not found</html>'))],
    ['fails', (_reply, answer) => answer({ code: status.INTERNAL, details: 'out of memory' })],
    ['is overloaded', (_reply, answer) => answer({ code: status.RESOURCE_EXHAUSTED, details: 'full' })],
  ])('%s: every request is answered once', async (_what, handle) => {
    const address = await serverOf(serve(handle))
    const { servers } = await emulate([2, 0])
    const { router, client } = await route({ fleet: [{ address, type: 'fast' }, ...servers] })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const asked = await stream(client, 60, 3)
    expect(await tally(asked)).toEqual({ OK: 60 })
    const text = await router.metrics()
    expect(Number(/^kairos_answers_total\S* (\d+)/m.exec(text)?.[1])).toBe(60)
    expect(Number(/^kairos_retries_total\S* (\d+)/m.exec(text)?.[1])).toBeGreaterThan(0)
  })

  test('resets its connections: no request is lost', async () => {
    const { servers } = await emulate([2, 0])
    const inner = dialOf(servers[1].address)
    // a proxy before the second server that resets every connection after 150 ms
    const cutter = createServer((socket) => {
      const to = dial(inner)
      socket.pipe(to).pipe(socket)
      for (const end of [socket, to]) end.on('error', () => undefined)
      setTimeout(() => {
        socket.resetAndDestroy()
        to.destroy()
      }, 150)
    })
    await new Promise<void>((resolve) => cutter.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => cutter.close(() => resolve())))
    const { port } = cutter.address() as { port: number }
    const { router, client } = await route({
      fleet: [servers[0], { address: `127.0.0.1:${port}`, type: 'fast' }],
    })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const asked = await stream(client, 150, 3)
    expect(await tally(asked)).toEqual({ OK: 150 })
    expect(servers[1].served).toBeGreaterThan(0)
  })

  test('becomes 40 times slower: it gets few requests', async () => {
    const { servers } = await emulate([3, 0])
    const { router, client } = await route({ fleet: servers })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    servers[1].slowDown(40)
    const asked = await stream(client, 150, 3)
    expect(await tally(asked)).toEqual({ OK: 150 })
    expect(servers[1].served).toBeLessThan(Math.min(servers[0].served, servers[2].served))
  })
})

test('without any server, requests are rejected with the reason', async () => {
  const { servers } = await emulate([1, 0])
  const { router, client } = await route({ fleet: servers })
  await until(() => router.servers()[0].state === 'up')
  await servers[0].stop()
  await until(() => router.servers()[0].state === 'ejected')
  await expect(ask(client)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details:
      'no server of "small" can serve: the only one is out; try again later, or see the log of the router',
  })
})

describe('after a hostile client the router serves others: it sends', () => {
  async function router(options = {}) {
    const { servers } = await emulate([1, 0])
    const it = await route({ fleet: servers, maxMessageBytes: 2 ** 20, ...options })
    await until(() => it.router.servers()[0].state === 'up')
    return it
  }

  test.each([
    ['bytes of another protocol', '/grpc.Scheduler/Serve', Buffer.from('<html>')],
    ['a cut message', '/inference.GRPCInferenceService/ModelInfer', Buffer.from('0a05726d', 'hex')],
    ['a length that lies', '/inference.GRPCInferenceService/ModelInfer', Buffer.from('2affffffff0f', 'hex')],
    ['a batch of the wrong type', '/grpc.Scheduler/Serve', Buffer.from('0a0131', 'hex')],
    ['an empty message', '/inference.GRPCInferenceService/ModelInfer', Buffer.alloc(0)],
  ])('%s', async (_what, path, bytes) => {
    const { client } = await router()
    const same = (buffer: Buffer) => buffer
    const method = {
      path,
      requestSerialize: same,
      responseDeserialize: same,
      requestStream: false,
      responseStream: false,
      requestDeserialize: same,
      responseSerialize: same,
    }
    expect([status.INVALID_ARGUMENT, status.NOT_FOUND]).toContain(await codeOf(call(client, method, bytes)))
    expect(await codeOf(ask(client))).toBe(status.OK)
  })

  test('a message of 100 MB', async () => {
    const { router: it, client } = await router()
    const large = connect(it.address, { maxMessageBytes: 2 ** 28 })
    onTestFinished(() => large.close())
    const rawInputContents = [Buffer.alloc(100e6)]
    const request = {
      modelName: 'small',
      inputs: [{ name: 'i', datatype: 'FP32', shape: [1] }],
      rawInputContents,
    }
    expect([status.RESOURCE_EXHAUSTED, status.INTERNAL, status.UNAVAILABLE, status.CANCELLED]).toContain(
      await codeOf(call(large, inference.ModelInfer, request)),
    )
    expect(await codeOf(ask(client))).toBe(status.OK)
  })

  test('invalid frames, and streams that are cut off', async () => {
    const { router: it, client } = await router()
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff',
      '\0'.repeat(1000),
    ]) {
      const socket = dial(dialOf(it.address))
      socket.on('error', () => undefined)
      socket.write(Buffer.from(bytes, 'latin1'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.destroy()
    }
    const session = http2(`http://${it.address}`)
    session.on('error', () => undefined)
    for (const frame of ['00000003e8', '00ffffffff', '01000000020a00']) {
      const call = session.request({
        ':method': 'POST',
        ':path': '/grpc.Scheduler/Serve',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      call.on('error', () => undefined)
      call.write(Buffer.from(frame, 'hex'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      call.close(8)
    }
    session.destroy()
    expect(await codeOf(ask(client))).toBe(status.OK)
  })

  test('ten thousand idle connections, which is above the limit', async () => {
    const { router: it, client } = await router({ maxConnections: 100 })
    expect(await codeOf(ask(client))).toBe(status.OK)
    const address = dialOf(it.address)
    let closed = 0
    for (let wave = 0; wave < 40; wave++) {
      const sockets = await Promise.all(
        Array.from({ length: 250 }, () => {
          const socket = dial(address)
          socket.on('error', () => undefined)
          socket.on('close', () => closed++)
          socket.resume()
          return new Promise<typeof socket>((resolve) => {
            socket.once('connect', () => resolve(socket))
            socket.once('close', () => resolve(socket))
          })
        }),
      )
      if (wave % 10 === 0) expect(await codeOf(ask(client))).toBe(status.OK)
      if (wave === 39) for (const socket of sockets) socket.destroy()
    }
    const other = connect(it.address)
    onTestFinished(() => other.close())
    expect(await codeOf(ask(other))).toBe(status.OK)
    expect(closed).toBeGreaterThan(9_000)
    expect(Number(/^kairos_connections (\d+)/m.exec(await it.metrics())?.[1])).toBeLessThanOrEqual(100)
  })
})

test.each([
  ['say nothing more', ''],
  ['send a request each', 'request'],
])('new connections beyond the limit that %s do not end requests of others', async (_what, more) => {
  const slow = serve((reply, answer) => setTimeout(() => answer(null, reply), 100))
  const fleet = [{ address: await serverOf(slow), type: 'fast', slots: 100 }]
  const { router, client } = await route({ fleet, maxConnections: 20 })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  // a connection that has been used
  await ask(client)
  const asked: Promise<unknown>[] = []
  const others: { destroy(): void }[] = []
  for (let i = 0; i < 300; i++) {
    if (i % 30 === 0) {
      asked.push(ask(client))
      asked.at(-1)!.catch(() => undefined)
    }
    if (more === '') {
      const socket = dial(dialOf(router.address)).resume()
      socket.on('error', () => undefined)
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
      others.push(socket)
    } else {
      const session = http2(`http://${router.address}`)
      session.on('error', () => undefined)
      const path = '/inference.GRPCInferenceService/ServerLive'
      const live = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
      live.on('error', () => undefined)
      live.end(Buffer.alloc(5))
      others.push(session)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(await tally(asked)).toEqual({ OK: 10 })
  for (const other of others) other.destroy()
})

function dialOf(address: string): { host: string; port: number } {
  const [host, port] = address.split(':')
  return { host, port: Number(port) }
}
