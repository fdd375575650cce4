import { once } from 'node:events'
import { createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { closeAfterLastCalls } from '../../../../src/serve/grpc/server/last-calls.ts'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { serveMethods } from '../grpc-server.ts'
import { ACK, END_STREAM, headersFrame, http2Frame, PREFACE, readFrames } from '../http2-frames.ts'

/** A client that waits for as long as the test. */
const EVER_MS = 1_000_000

const TARGET = { ':scheme': 'http', ':authority': 'server', ':path': '/a/b' }
const HEADERS = { ...TARGET, ':method': 'POST', 'content-type': 'application/grpc' }
const MESSAGE = http2Frame('data', 1, Buffer.from('0000000000', 'hex'), END_STREAM)
const CALL = Buffer.concat([headersFrame(1, HEADERS), MESSAGE])
const UNKNOWN = Buffer.concat([headersFrame(1, { ...HEADERS, ':path': '/unknown' }), MESSAGE])
const ANSWER = ['headers 1', 'data 1', 'headers 1']

/** A server that echoes messages, and a client that sends `onPing` for each ping. */
async function serveClient(onPing: (ack: Buffer, pings: number) => Buffer) {
  const log: string[] = []
  const echo = unaryBytes((call, request) => {
    log.push('served')
    call.finish(request)
    return undefined
  })
  const { grpc, listening } = await serveMethods({ '/a/b': echo })
  const socket = connect(listening.port, '127.0.0.1')
  socket.write(Buffer.concat([PREFACE, http2Frame('settings', 0)]))
  const received: string[] = []
  let pings = 0
  const read = async () => {
    for await (const { type, stream, payload } of readFrames(socket)) {
      if (type === 'ping') socket.write(onPing(http2Frame('ping', 0, payload, ACK), ++pings))
      if (type === 'goaway') received.push(`goaway ${payload.readUInt32BE(0)}`)
      else if (type !== 'settings' && type !== 'window')
        received.push(stream === 0 ? `${type}` : `${type} ${stream}`)
    }
    return received
  }
  // Node sends the GOAWAY again before it closes the connection
  const isClosed = read().then((all) =>
    all.filter((frame, i) => !frame.startsWith('goaway') || i === all.indexOf(frame)),
  )
  await expect.poll(() => socket.bytesRead).toBeGreaterThan(0)
  return { grpc, socket, log, isClosed }
}

test.each([
  ['after two pings', EVER_MS, true, ['ping', 'ping', 'goaway 0']],
  ['without an answer to a ping', 50, false, ['ping', 'goaway 0']],
  ['at once', undefined, true, ['goaway 0']],
])('a connection without calls is closed %s', async (_how, answerMs, answers, expected) => {
  const { grpc, isClosed } = await serveClient((ack) => (answers ? ack : Buffer.alloc(0)))
  await grpc.shutdown(answerMs)
  expect(await isClosed).toEqual(expected)
})

const before = (call: Buffer) => (ack: Buffer, pings: number) =>
  pings === 1 ? Buffer.concat([call, ack]) : ack
const after = (ack: Buffer, pings: number) => (pings === 1 ? Buffer.concat([ack, CALL]) : ack)

test.each([
  ['before it reads a ping', before(CALL), ANSWER],
  ['before it reads a ping, answered at once', before(UNKNOWN), ['headers 1']],
  ['after it has read a ping with its last answer', after, ANSWER],
])('a call that the client sends %s is answered, after the GOAWAY', async (_when, onPing, answer) => {
  const { grpc, isClosed } = await serveClient(onPing)
  await grpc.shutdown(EVER_MS)
  const received = await isClosed
  expect(received.filter((frame) => frame !== 'ping')).toEqual(['goaway 1', ...answer])
})

test('the message of the last call is waited for', async () => {
  const headers = headersFrame(1, HEADERS)
  const { grpc, socket, log, isClosed } = await serveClient((ack, pings) => {
    if (pings === 2) setTimeout(() => socket.write(MESSAGE), 50)
    return pings === 1 ? Buffer.concat([ack, headers]) : ack
  })
  await grpc.shutdown(EVER_MS)
  log.push('no more calls')
  expect(log).toEqual(['served', 'no more calls'])
  await isClosed
})

test('a connection that ends does not hold up a server that shuts down', async () => {
  const { grpc, socket } = await serveClient(() => Buffer.alloc(0))
  const noMoreCalls = grpc.shutdown(EVER_MS)
  socket.end()
  await expect(noMoreCalls).resolves.toBeUndefined()
})

test('a session that has just been destroyed is not waited for', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [session] = await once(server, 'session')
  session.destroy()
  await expect(closeAfterLastCalls(session, EVER_MS)).resolves.toBeUndefined()
  socket.destroy()
})
