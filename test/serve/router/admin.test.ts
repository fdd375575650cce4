import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { accept } from '../../../src/serve/grpc/accept.ts'
import { listenAdmin, whyNotReady } from '../../../src/serve/router/admin.ts'

test.each([
  ['a server is up', [{ up: 1, refusingMs: 0 }], undefined],
  ['there is no pool', [], 'no server can serve'],
  ['no server is up', [{ up: 0, refusingMs: 0 }], 'no server can serve'],
  ['all is refused', [{ up: 1, refusingMs: 7_800 }], 'all requests have been refused for 7 s'],
  [
    'all is refused for one model, the other has no server',
    [
      { up: 1, refusingMs: 5_000 },
      { up: 0, refusingMs: 0 },
    ],
    'all requests have been refused for 5 s',
  ],
  [
    'one of two models is served',
    [
      { up: 1, refusingMs: 9_000 },
      { up: 1, refusingMs: 0 },
    ],
    undefined,
  ],
])('%s', (_what, pools, expected) => {
  expect(whyNotReady(pools, false)).toBe(expected)
})

test('a router that shuts down is not ready', () => {
  expect(whyNotReady([{ up: 1, refusingMs: 0 }], true)).toBe('shutting down')
})

test('takes probes only, whatever answers them', async () => {
  const admin = await listenAdmin('127.0.0.1', 0, (_, response) => void response.end('fine'))
  onTestFinished(() => admin.close())
  const ask = async (method: string) => {
    const answer = await fetch(`http://${admin.address}/metrics`, { method })
    return [answer.status, await answer.text()]
  }
  expect(await ask('GET')).toEqual([200, 'fine'])
  expect(await ask('HEAD')).toEqual([200, ''])
  expect(await ask('POST')).toEqual([405, 'only GET is allowed\n'])
})

test('asks for no body of a request that it refuses', async () => {
  const admin = await listenAdmin('127.0.0.1', 0, (_, response) => void response.end('fine'))
  onTestFinished(() => admin.close())
  const [host, port] = admin.address.split(':')
  const ask = async (...headers: string[]) => {
    const socket = connect(Number(port), host)
    socket.write([`POST /metrics HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'))
    return (await text(socket)).split('\r\n')[0]
  }
  expect(await ask('Expect: 100-continue', 'Content-Length: 4')).toBe('HTTP/1.1 405 Method Not Allowed')
  expect(await ask('Transfer-Encoding: gzip, chunked')).toBe('HTTP/1.1 501 Not Implemented')
})

test('closes a connection that sends requests without an end and reads no answer', async () => {
  const open: ServerResponse[] = []
  const admin = await listenAdmin('127.0.0.1', 0, (_, response) => void open.push(response))
  onTestFinished(() => admin.close())
  const [host, port] = admin.address.split(':')
  const socket = connect(Number(port), host)
  const send = (count: number) => socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count))
  send(4)
  await expect.poll(() => open.length).toBe(4)
  for (const response of open.splice(0)) response.end('fine')
  await once(socket, 'data')
  // as many are taken again
  send(4)
  await expect.poll(() => open.length).toBe(4)
  send(100)
  await text(socket).catch(() => '')
  expect(open).toHaveLength(4)
})

test('goes on after a connection that could not be accepted', async () => {
  const opened: Server[] = []
  const listen = Server.prototype.listen
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...given: unknown[]) {
    opened.push(this)
    return listen.apply(this, given as never)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const admin = await listenAdmin('127.0.0.1', 0, (_, response) => void response.end('fine'))
  onTestFinished(() => admin.close())
  const clients = await accept({
    connect: () => undefined,
    shutdown: () => undefined,
    destroy: () => undefined,
  })
  onTestFinished(() => clients.close(0))
  expect(opened).toHaveLength(2)
  // without a listener, the event throws
  for (const server of opened) server.emit('error', new Error('accept EMFILE'))
})
