import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants, createServer } from 'node:http2'
import { createServer as createTcpServer, connect as dial, type Server, type Socket } from 'node:net'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import { addressOf, answerCall, bareServer, channelTo } from '../channels.ts'
import { http2Frame } from '../http2-frames.ts'

// at the deadline is from 95% of the time limit; at its end the client gives up by itself, also on a slow machine
const atDeadline = [
  ['DEADLINE_EXCEEDED', { 'content-type': 'application/grpc', 'grpc-status': '4' }],
  // as tonic does
  ['CANCELLED, without a content-type,', { 'grpc-status': '1' }],
] as const

test.each(atDeadline)(
  'a server that ends a call with %s at its deadline has not answered in time; one that does so before has',
  async (_, head) => {
    const answers = [1_910, 20].map(async (afterMs) => {
      const address = await bareServer((stream) => {
        setTimeout(() => stream.respond({ ':status': 200, ...head }, { endStream: true }), afterMs)
      })
      return channelTo(address).ask(undefined, {}, 2_000)
    })
    expect(await Promise.all(answers)).toMatchObject([
      { code: status.DEADLINE_EXCEEDED, origin: 'deadline' },
      { code: Number(head['grpc-status']), origin: 'server' },
    ])
  },
)

test('one that cancels the stream at its deadline has not answered in time; one that does so before is at fault', async () => {
  const answers = [1_910, 20].map(async (afterMs) => {
    const address = await bareServer((stream) => {
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), afterMs)
    })
    return channelTo(address).ask(undefined, {}, 2_000)
  })
  expect(await Promise.all(answers)).toMatchObject([
    { code: status.DEADLINE_EXCEEDED, origin: 'deadline' },
    { code: status.CANCELLED, origin: 'connection' },
  ])
})

test('a server that reads no more of a large request has not answered in time, and its connection is closed', async () => {
  const largeWindows = [
    http2Frame('settings', 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])),
    http2Frame('window', 0, Buffer.from([0x7f, 0, 0, 0])),
  ]
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(Buffer.concat(largeWindows))
      socket.pause()
    })
  })
  const { ask } = channelTo(await addressOf(server), 2 ** 26)
  const dialled: Socket[] = []
  const notice = (message: unknown) => dialled.push((message as { socket: Socket }).socket)
  subscribe('net.client.socket', notice)
  onTestFinished(() => void unsubscribe('net.client.socket', notice))
  const late = { kind: 'error', origin: 'deadline', code: status.DEADLINE_EXCEEDED }
  expect(await ask(Buffer.alloc(2 ** 25), {}, 500)).toMatchObject(late)
  await expect.poll(() => dialled[0].closed).toBe(true)
})

test.concurrent('a server that answers no ping loses its open calls after five seconds, whatever else times out', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.resume().write(http2Frame('settings', 0))
  })
  const { ask } = channelTo(await addressOf(server))
  const [open, ...others] = [20_000, 100, 2_500].map((timeoutMs) => ask(undefined, {}, timeoutMs))
  for (const other of others) expect(await other).toMatchObject({ origin: 'deadline' })
  expect(await open).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'the server did not answer a ping in 5000 ms',
  })
})

/** A server that answers only calls that ask for it. */
async function slowServer() {
  const server = createServer()
  const seen = { sessions: 0, pings: 0 }
  server.on('session', (session) => {
    seen.sessions++
    session.on('ping', () => seen.pings++)
  })
  server.on('stream', (stream, { answer }) => {
    stream.on('error', () => undefined)
    const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }
    if (answer !== undefined) stream.respond(head, { endStream: true })
  })
  const { ask } = channelTo(await addressOf(server as unknown as Server))
  return {
    seen,
    ask: (timeoutMs: number) => ask(undefined, {}, timeoutMs),
    answered: () => ask(undefined, { answer: '1' }),
  }
}

// pings are two seconds apart at least
test.concurrent('a server gets one ping for calls that time out together, and after two without an answer another connection', async () => {
  const { seen, ask, answered } = await slowServer()
  const asked = [100, 100, 130, 200, 400, 2_300, 4_500].map(ask)
  await asked[5]
  await expect.poll(() => seen).toEqual({ sessions: 1, pings: 2 })
  await asked[6]
  await answered()
  expect(seen).toEqual({ sessions: 2, pings: 2 })
})

test.concurrent('a server that answers keeps its connection, whatever else times out', async () => {
  const { seen, ask, answered } = await slowServer()
  const asked = [100, 2_300, 4_500, 6_700].map(ask)
  for (const one of asked) {
    await one
    await answered()
  }
  expect(seen).toEqual({ sessions: 1, pings: 4 })
})

test('a server that stands still for a while keeps its open calls, whatever times out, and new calls get another connection', async () => {
  const address = await bareServer((stream, { answer }) => {
    if (answer !== undefined) answerCall(stream, frameOf(Buffer.alloc(1)))
  })
  let connections = 0
  /** What waits on the first connection; undefined while it does not stand still. */
  let held: (() => void)[] | undefined
  const proxy = createTcpServer((socket) => {
    const isFirst = ++connections === 1
    const inner = dial(Number(address.split(':')[1]), '127.0.0.1')
    const pass = (from: Socket, to: Socket) => {
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
      from.on('data', (bytes) => {
        if (isFirst && held !== undefined) held.push(() => to.write(bytes))
        else to.write(bytes)
      })
    }
    pass(socket, inner)
    pass(inner, socket)
  })
  const { ask } = channelTo(await addressOf(proxy))
  const answered = { kind: 'response' }
  const asks = (timeoutMs: number) => ask(undefined, { answer: '1' }, timeoutMs)
  expect(await asks(20_000)).toMatchObject(answered)
  held = []
  const open = asks(20_000)
  // more than two seconds after the ping for the other one, on a connection that takes no new calls
  const second = asks(2_500)
  expect(await asks(50)).toMatchObject({ origin: 'deadline' })
  // a ping is not answered in a second
  await expect.poll(() => asks(500), { timeout: 4_000 }).toMatchObject(answered)
  expect(connections).toBe(2)
  expect(await second).toMatchObject({ origin: 'deadline' })
  for (const pass of held) pass()
  held = undefined
  expect(await open).toMatchObject(answered)
})

test('a server that goes away answers the calls that it has, whatever times out', async () => {
  let answerOpen: () => void = () => undefined
  const address = await bareServer((stream, { open }) => {
    if (open === undefined) stream.session?.close()
    else answerOpen = () => answerCall(stream, frameOf(Buffer.alloc(1)))
  })
  const { channel, ask } = channelTo(address)
  const open = ask(undefined, { open: '1' })
  const late = ask(undefined, {}, 500)
  await expect.poll(() => channel.isLeaving).toBe(true)
  expect(await late).toMatchObject({ origin: 'deadline' })
  answerOpen()
  expect(await open).toMatchObject({ kind: 'response' })
})
