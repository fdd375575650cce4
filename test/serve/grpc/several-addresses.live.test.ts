/** Servers whose name has several addresses, as `localhost` has on most machines. */
import dns, { type LookupAddress } from 'node:dns'
import { createServer as createHttpServer } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openHttpClient } from '../../../src/serve/http/client.ts'
import { freePort } from '../../free-port.ts'
import { addressOf, answerCall, bareServer, channelTo } from './channels.ts'

const ADDRESSES: readonly LookupAddress[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
]

/** The name "two.test" has these addresses until the test has finished. */
function lookUp(addresses: readonly LookupAddress[]): void {
  const { lookup } = dns
  const lookUpTwo = (name: string, options: never, found: (error: null, all: unknown) => void) => {
    if (name !== 'two.test') lookup(name, options, found as never)
    else process.nextTick(() => found(null, addresses))
  }
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookUpTwo as never)
  onTestFinished(() => spy.mockRestore())
}

/** @returns what a channel and a client of HTTP say of a server */
async function detailsOf(port: number): Promise<unknown[]> {
  const overGrpc = await channelTo(`two.test:${port}`).ask()
  const client = openHttpClient(`two.test:${port}`, { maxMessageBytes: 1000 })
  onTestFinished(() => client.close())
  const overHttp = await new Promise<object>((resolve) =>
    client.request({ method: 'GET', path: '/', timeoutMs: 5_000 }, resolve),
  )
  return [overGrpc, overHttp].map((result) => ('details' in result ? result.details : result))
}

test.each([[ADDRESSES], [ADDRESSES.toReversed()]])(
  'where none of them can be reached, each is named, in an order that does not change (%#)',
  async (addresses) => {
    lookUp(addresses)
    const port = await freePort()
    const each = new RegExp(`connect \\w+ 127\\.0\\.0\\.1:${port}, connect \\w+ ::1:${port}$`)
    expect(await detailsOf(port)).toEqual([expect.stringMatching(each), expect.stringMatching(each)])
  },
)

test('where one of them cannot be reached, the other one is asked', async () => {
  lookUp(ADDRESSES)
  const portOf = (address: string) => address.slice(address.indexOf(':'))
  const grpc = await bareServer((stream) => answerCall(stream, Buffer.alloc(5)))
  expect(await channelTo(`two.test${portOf(grpc)}`).ask()).toMatchObject({ kind: 'response' })
  const http = await addressOf(createHttpServer((_, response) => response.end('ok')))
  const client = openHttpClient(`two.test${portOf(http)}`, { maxMessageBytes: 1000 })
  onTestFinished(() => client.close())
  const answer = new Promise((resolve) =>
    client.request({ method: 'GET', path: '/', timeoutMs: 5_000 }, resolve),
  )
  expect(await answer).toMatchObject({ kind: 'response', status: 200 })
})
