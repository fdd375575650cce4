import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createRouter } from '../../../../src/serve/router/router.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'

/** The first bytes that a router, or its admin port, answers to the bytes of a request. */
async function start() {
  const router = await createRouter({ workload: smallWorkload(), fleet: [], maxMessageBytes: 1000 })
  onTestFinished(() => router.close())
  const ask = async (address: string, request: string): Promise<string> => {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    socket.write(request.replaceAll('\n', '\r\n'))
    const [first] = await once(socket, 'data', { signal: AbortSignal.timeout(2_000) })
    socket.destroy()
    return String(first)
  }
  return { router, ask }
}

test('a request with two Hosts, or an invalid one, is answered with 400, and the connection is closed', async () => {
  const { router, ask } = await start()
  for (const address of [router.address, router.adminAddress]) {
    for (const hosts of ['Host: a\nhost: b', 'Host: a/b']) {
      const answer = await ask(address, `GET /v2/health/live HTTP/1.1\n${hosts}\n\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*connection: close/i)
      expect(answer).toContain(' Host header')
    }
  }
  expect(await ask(router.address, 'GET /v2/health/live HTTP/1.1\nHost: a:80\n\n')).toMatch(
    /^HTTP\/1\.1 200 /,
  )
})

test('a second Host, or a transfer coding that is not taken, is also found behind 2,100 other headers', async () => {
  const { router, ask } = await start()
  const others = 'x:\n'.repeat(2100)
  for (const address of [router.address, router.adminAddress]) {
    const hosts = await ask(address, `GET /v2/health/live HTTP/1.1\nHost: a\n${others}Host: b\n\n`)
    expect(hosts).toMatch(/^HTTP\/1\.1 400 [\s\S]*more than one Host header/)
    const coding = 'Transfer-Encoding: gzip, chunked'
    const coded = await ask(address, `GET /v2/health/live HTTP/1.1\nHost: a\n${others}${coding}\n\n0\n\n`)
    expect(coded).toMatch(/^HTTP\/1\.1 501 [\s\S]*the transfer-encoding .*gzip, chunked/)
  }
})

test.each(['identity', 'gzip', 'chunked, gzip', 'xchunked', 'not-chunked', 'gzip, xchunked'])(
  'the transfer coding %s is answered with 400',
  async (coding) => {
    const { router, ask } = await start()
    for (const request of ['GET /v2/health/live', 'POST /v2/models/small/infer']) {
      const head = `${request} HTTP/1.1\nHost: a\nTransfer-Encoding: ${coding}\n\n`
      expect(await ask(router.address, head)).toMatch(/^HTTP\/1\.1 400 /)
    }
  },
)

test('a client that waits before it sends its body is told at once that it is refused, or to send it', async () => {
  const { router, ask } = await start()
  const post = (path: string, length: number, version = '1.1') =>
    ask(
      router.address,
      `POST ${path} HTTP/${version}\nHost: a\nExpect: 100-continue\nContent-Length: ${length}\n\n`,
    )
  expect(await post('/v2/models/small/infer', 1001)).toMatch(/^HTTP\/1\.1 413 /)
  expect(await post('/v2/models/small/infer', 1001, '1.0')).toMatch(/^HTTP\/1\.1 413 /)
  expect(await post('/nothing', 5)).toMatch(/^HTTP\/1\.1 404 /)
  expect(await post('/v2/models/small/infer', 5)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
})

test('CONNECT over HTTP/2, which has no path, is answered with 404 that names its authority', async () => {
  const { router } = await start()
  const session = connectHttp2(`http://${router.address}`)
  onTestFinished(() => session.destroy())
  const stream = session.request({ ':method': 'CONNECT', ':authority': 'a:1' })
  expect((await once(stream, 'response'))[0]).toMatchObject({ ':status': 404 })
  expect(await text(stream)).toContain('there is no a:1 here')
})

test.each([
  ['gRPC-Web', 'Content-Type: application/grpc-web+proto'],
  ['Connect', 'Connect-Protocol-Version: 1\nContent-Type: application/json'],
  ['gRPC over HTTP/1.1', 'Content-Type: application/grpc'],
])('a client of %s is told what methods of gRPC need', async (_what, headers) => {
  const { router, ask } = await start()
  const path = '/inference.GRPCInferenceService/ModelInfer'
  const answer = await ask(
    router.address,
    `POST ${path} HTTP/1.1\nHost: a\n${headers}\nContent-Length: 0\n\n`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  expect(answer).toContain(`there is no ${path} here: methods of gRPC need HTTP/2 and the content type`)
  expect(await ask(router.address, 'GET /v2/x.y/z HTTP/1.1\nHost: a\n\n')).toContain(
    'here: use /v2/health/live',
  )
})
