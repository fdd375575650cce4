/** The name of a server that clients send over TLS. An address is none (RFC 6066, 3): Node 26 refuses to send it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { openChannel } from '../../../src/serve/grpc/client/channel.ts'
import { type ClientTls, clientContext } from '../../../src/serve/grpc/tls.ts'
import { openHttpClient } from '../../../src/serve/http/client.ts'
import { freePort } from '../../free-port.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))

/** Each sends one request, and returns what closes its connection. */
const clients: Record<string, (address: string, tls: ClientTls) => { close(): void }> = {
  'a channel'(address, { serverName, ...tls }) {
    const context = clientContext(tls)
    const channel = openChannel(address, { tls: { context, serverName }, maxMessageBytes: 1000 })
    channel.call({ path: '/a/b', message: Buffer.alloc(0), timeoutMs: 10_000 }, () => undefined)
    return channel
  },
  HTTP(address, { serverName, ...tls }) {
    const context = clientContext(tls)
    const client = openHttpClient(address, { tls: { context, serverName }, maxMessageBytes: 1000 })
    client.request({ method: 'GET', path: '/', timeoutMs: 10_000 }, () => undefined)
    return client
  },
}

test.each(
  Object.keys(clients).flatMap((client) => [
    { client, serverName: undefined, sent: false },
    { client, serverName: '127.0.0.1', sent: false },
    { client, serverName: 'router.test', sent: 'router.test' },
  ]),
)('$client with the name $serverName sends $sent', async ({ client, serverName, sent }) => {
  let hear: (name: string | false) => void = () => undefined
  const named = new Promise<string | false>((resolve) => {
    hear = resolve
  })
  const server = createServer({
    cert: pem('server.pem'),
    key: pem('server.key'),
    ALPNProtocols: ['h2'],
    // called for a name; the client then refuses the certificate, which has another one
    SNICallback(name, answer) {
      hear(name)
      answer(null)
    },
  })
  server.on('secureConnection', (socket) => {
    hear(false)
    socket.on('error', () => undefined).destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const running = clients[client](`127.0.0.1:${port}`, { ca: pem('ca.pem'), serverName })
  onTestFinished(() => {
    running.close()
    server.close()
  })
  expect(await named).toBe(sent)
})

test('a channel whose server has an IPv6 address as its name says that there is no connection', async () => {
  const tls = { context: clientContext({ serverName: '::1' }), serverName: '::1' }
  const channel = openChannel(`127.0.0.1:${await freePort()}`, { tls, maxMessageBytes: 1000 })
  onTestFinished(() => channel.close())
  const result = await new Promise((resolve) => {
    channel.call({ path: '/a/b', message: Buffer.alloc(0), timeoutMs: 5000 }, resolve)
  })
  expect(result).toMatchObject({ kind: 'error', details: expect.stringContaining('ECONNREFUSED') })
})

test.each(['', 'a b', 'host/path', 'user@host', 'host:1', 5 as never])(
  'the name %j is refused',
  (serverName) => {
    expect(() => clientContext({ serverName })).toThrow(
      /tls.serverName: is .*; the name of a host, or an address, is/,
    )
  },
)
