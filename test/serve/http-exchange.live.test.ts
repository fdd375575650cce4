import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { limitBufferedBytes } from '../../src/serve/grpc/buffered-bytes.ts'
import {
  type Exchange,
  type ExchangeLimits,
  http2Exchange,
  httpExchange,
} from '../../src/serve/http/exchange.ts'

/** A connection to a server of HTTP/1.1. */
async function connectTo(
  answer: (request: IncomingMessage, response: ServerResponse, limits: ExchangeLimits) => void,
): Promise<Socket> {
  const bufferedBytes = limitBufferedBytes(2 ** 20)
  const http = createServer((request, response) => {
    answer(request, response, { maxMessageBytes: 1000, bufferedBytes })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
    bufferedBytes.end()
    http.close()
  })
  return socket
}

test.each(['HEAD', 'POST'])('%s is answered before the rest of its body has come', async (method) => {
  let answered: ServerResponse | undefined
  const socket = await connectTo((request, response, limits) => {
    answered = response
    httpExchange(request, response, limits).respond(404, {}, 'none')
  })
  socket.write(`${method} / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhello`)
  const [head] = await once(socket, 'data')
  expect(String(head)).toMatch(/^HTTP\/1\.1 404 .*\r\n/)
  expect(answered?.writableEnded).toBe(false)
})

test('over HTTP/2 a client that waits for it is told to send its body, unless the body is refused', async () => {
  const bufferedBytes = limitBufferedBytes(2 ** 20)
  const limits = { maxMessageBytes: 1000, bufferedBytes }
  const http2 = createHttp2Server().on('stream', (stream, headers) => {
    const counted = bufferedBytes.open({ remote: 'a', moved: () => 0, close: () => undefined })
    const exchange = http2Exchange(stream, headers, counted, limits)
    exchange.readBody((body) => exchange.respond(Buffer.isBuffer(body) ? 200 : 413, {}, body))
  })
  http2.listen(0, '127.0.0.1')
  await once(http2, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`)
  onTestFinished(() => {
    session.destroy()
    bufferedBytes.end()
    http2.close()
  })
  const ask = (length: number) =>
    session.request({ ':method': 'POST', 'content-length': length, expect: '100-Continue' })
  const waiting = ask(5)
  await once(waiting, 'continue', { signal: AbortSignal.timeout(2_000) })
  waiting.end('hello')
  expect(await once(waiting.setEncoding('utf8'), 'data')).toEqual(['hello'])
  const refused = ask(1001)
  const first = await Promise.race(
    ['continue', 'response'].map((event) => once(refused, event).then(([headers]) => headers?.[':status'])),
  )
  refused.close(constants.NGHTTP2_NO_ERROR)
  expect(first).toBe(413)
})

test('a router that drains answers all pipelined requests, and closes the connection with the last answer', async () => {
  const waiting: Exchange[] = []
  const socket = await connectTo((request, response, limits) => {
    waiting.push(httpExchange(request, response, { ...limits, isDraining: () => true }))
    if (waiting.length < 3) return
    // the answers are sent in the order of the requests, whichever comes first
    for (const exchange of waiting.reverse()) exchange.respond(200, {}, exchange.url)
  })
  socket.write([1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''))
  const answers = (await buffer(socket)).toString().split('HTTP/1.1 ').slice(1)
  expect(answers.map((answer) => answer.slice(-2))).toEqual(['/1', '/2', '/3'])
  expect(answers.map((answer) => /connection: close/i.test(answer))).toEqual([false, false, true])
})
