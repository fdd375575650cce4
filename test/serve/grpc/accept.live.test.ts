import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { accept } from '../../../src/serve/grpc/accept.ts'

/** A port that answers the first bytes of each connection, and closes it. */
const answering = () =>
  accept({
    connect: (socket) => void socket.resume().end('answer'),
    shutdown: () => undefined,
    destroy: () => undefined,
  })

/** Opens a connection. @returns what it receives, or the code of its error */
function ask(port: number) {
  const socket = connect(port, '127.0.0.1')
  socket.write('question')
  const opened = once(socket, 'connect').catch(() => undefined)
  const received = text(socket).catch((error: NodeJS.ErrnoException) => error.code ?? error.message)
  return { opened, received }
}

test('connections that wait to be accepted are answered before the port closes, and others refused', async () => {
  const { port, close } = await answering()
  const waiting = Array.from({ length: 20 }, () => ask(port))
  await Promise.all(waiting.map(({ opened }) => opened))
  await close(5_000)
  const answers = await Promise.all(waiting.map(({ received }) => received))
  expect(answers).toEqual(new Array(20).fill('answer'))
  expect(await ask(port).received).toBe('ECONNREFUSED')
})

test('clients that open a connection after each answer do not keep a port open', async () => {
  const { port, refuse, close } = await answering()
  let answers = 0
  const client = async () => {
    while ((await ask(port).received) === 'answer') answers++
  }
  const clients = Array.from({ length: 20 }, client)
  await expect.poll(() => answers).toBeGreaterThan(0)
  const before = answers
  await refuse(5_000)
  await Promise.all(clients)
  expect(answers - before).toBeLessThan(100)
  await close(0)
})

test('clients that open connections endlessly keep a port open no longer than it is given', async () => {
  const { port, refuse, close } = await answering()
  let isOpening = true
  let opened = 0
  const open = () => {
    opened++
    connect(port, '127.0.0.1', function (this: Socket) {
      this.destroy()
    }).on('error', () => undefined)
    // each turn of the event loop takes a while, and the next connection waits at its end
    const endMs = performance.now() + 5
    while (performance.now() < endMs);
    if (isOpening) setImmediate(open)
  }
  open()
  await expect.poll(() => opened).toBeGreaterThan(2)
  const before = opened
  await refuse(100)
  isOpening = false
  expect(opened - before).toBeLessThan(100)
  await close(0)
})
