import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { limitBufferedBytes } from '../../src/serve/grpc/buffered-bytes.ts'
import { httpExchange } from '../../src/serve/http/exchange.ts'

test.each(['HEAD', 'POST'])('%s is answered before the rest of its body has come', async (method) => {
  const bufferedBytes = limitBufferedBytes(2 ** 20)
  let answered: ServerResponse | undefined
  const http = createServer((request, response) => {
    answered = response
    httpExchange(request, response, { maxMessageBytes: 1000, bufferedBytes }).respond(404, {}, 'none')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
    bufferedBytes.end()
    http.close()
  })
  socket.write(`${method} / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhello`)
  const [head] = await once(socket, 'data')
  expect(String(head)).toMatch(/^HTTP\/1\.1 404 .*\r\n/)
  expect(answered?.writableEnded).toBe(false)
})
