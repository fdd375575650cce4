import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants, createServer } from 'node:http2'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { addressOf, bareServer, channelTo } from '../channels.ts'
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

test('a server gets one ping for calls that time out together, and two at most until it answers', async () => {
  const server = createServer()
  const pings: number[] = []
  let answered = 0
  server.on('session', (session) => session.on('ping', () => pings.push(answered)))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    if (headers.answer === undefined) return
    answered++
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '1' },
      { endStream: true },
    )
  })
  const { ask } = channelTo(await addressOf(server as unknown as Server))
  // pings are two seconds apart at least
  const timeouts = [100, 100, 130, 200, 400, 2_300, 4_500, 6_900].map((timeoutMs) =>
    ask(undefined, {}, timeoutMs),
  )
  await timeouts[6]
  expect(pings).toEqual([0, 0])
  await ask(undefined, { answer: '1' }, 2_000)
  await Promise.all(timeouts)
  await expect.poll(() => pings).toEqual([0, 0, 1])
})
