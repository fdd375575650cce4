import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { call } from '../../grpc-js-client.ts'
import { raw } from '../../raw-method.ts'
import { serveMethods } from '../grpc-server.ts'
import { headersFrame, http2Frame, PREFACE, resetFrame } from '../http2-frames.ts'

const method = raw(scheduler.Serve)
const { path } = method

const headers = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': path,
  ':authority': 'a',
  'content-type': 'application/grpc',
}

// what fails without an error here ends the process: a stream has an error without a listener
test('a frame that breaks HTTP/2, behind requests of the same moment, ends its connection only', async () => {
  const { client, listening } = await serveMethods({
    [path]: unaryBytes((asked, request) => void asked.finish(request)),
  })
  const requests = Array.from({ length: 20 }, (_, i) => headersFrame(2 * i + 1, headers))
  const broken = http2Frame('data', 0, Buffer.alloc(8))
  const { port } = listening
  for (let round = 0; round < 20; round++) {
    const socket = dial({ host: '127.0.0.1', port })
    socket.on('error', () => undefined).resume()
    await once(socket, 'connect')
    socket.write(Buffer.concat([PREFACE, http2Frame('settings', 0), ...requests, broken, ...requests]))
    await once(socket, 'close')
  }
  expect(await call(client, method, Buffer.alloc(1))).toHaveLength(1)
})

// and here: the stream is closed when its request is told, and not destroyed, as with another code
test('a request of another type that is closed at the same moment gets no answer, and others do', async () => {
  const { client, listening } = await serveMethods({
    [path]: unaryBytes((asked, request) => void asked.finish(request)),
  })
  const { port } = listening
  const socket = dial({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  const other = headersFrame(1, { ...headers, 'content-type': 'text/html' })
  socket.write(Buffer.concat([PREFACE, http2Frame('settings', 0), other, resetFrame(1, 0)]))
  expect(await call(client, method, Buffer.alloc(1))).toHaveLength(1)
})
