import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { limitBufferedBytes } from '../../src/serve/grpc/buffered-bytes.ts'
import { type Exchange, serveHttp } from '../../src/serve/http/exchange.ts'

/** A connection to a server that serves its requests in turn. */
async function connectTo(serve: (exchange: Exchange) => void) {
  const bufferedBytes = limitBufferedBytes(2 ** 20)
  const limits = { maxMessageBytes: 2 ** 20, bufferedBytes }
  let arrived = 0
  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    arrived++
    serveHttp(request, response, limits, serve)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
    bufferedBytes.end()
    http.close()
  })
  return { socket, http, arrived: () => arrived }
}

const request = (path: string, body = '') =>
  `POST /${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`

test('of requests that a client pipelines, 32 are served at a time, in order, and all are answered', async () => {
  const served: string[] = []
  let open = 0
  let mostOpen = 0
  const { socket } = await connectTo((exchange) => {
    mostOpen = Math.max(mostOpen, ++open)
    exchange.readBody((body) => {
      served.push(String(body))
      setTimeout(() => {
        open--
        exchange.respond(200, {}, exchange.url)
      }, 1)
    })
  })
  const names = Array.from({ length: 300 }, (_, i) => String(i))
  // bodies too large to be read before they are asked for, and so many that they come in several pieces
  const bodyOf = (name: string) => name.padEnd(Number(name) % 50 === 49 ? 200_000 : 5, '.')
  for (const name of names) socket.write(request(name, bodyOf(name)))
  let answers = ''
  socket.on('data', (data) => {
    answers += data
  })
  await expect.poll(() => answers.match(/^\/\d+/gm)?.length, { timeout: 4_000 }).toBe(names.length)
  expect(answers.match(/(?<=\/)\d+(?=HTTP|$)/g)).toEqual(names)
  expect(served).toEqual(names.map(bodyOf))
  expect(mostOpen).toBe(32)
})

test('nothing more is read while requests wait, and none is served once the connection is lost', async () => {
  const waiting: Exchange[] = []
  const { socket, http, arrived } = await connectTo((exchange) => waiting.push(exchange))
  const some = Buffer.from(request('a').repeat(1_000))
  socket.write(Buffer.concat(Array.from({ length: 40 }, () => some)))
  await expect.poll(() => waiting.length).toBe(32)
  // Node resumes the connection for the body of each
  for (const exchange of waiting) exchange.readBody(() => undefined)
  for (let i = 0; i < 20; i++) await turn()
  expect(arrived()).toBeLessThan(3_000)
  http.closeAllConnections()
  for (let i = 0; i < 20; i++) await turn()
  expect(waiting).toHaveLength(32)
})

test('a client whose requests are answered at once gets 32 answers in a turn of the event loop', async () => {
  let inTurn = 0
  let most = 0
  let all = 0
  const { socket } = await connectTo((exchange) => {
    all++
    if (inTurn++ === 0) {
      setImmediate(() => {
        most = Math.max(most, inTurn)
        inTurn = 0
      })
    }
    exchange.respond(200, {}, '')
  })
  socket.resume().write(request('a').repeat(2_000))
  await expect.poll(() => all).toBe(2_000)
  // those of the turn, and those that its end begins
  expect(most).toBeLessThanOrEqual(64)
})
