import type { ServerHttp2Stream } from 'node:http2'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { answerCall, bareServer, channelTo, method } from '../channels.ts'

const CALLS = 20
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 7])

// what fails without an error here ends the process: memory is used that has been freed
test('a channel is closed by one of several answers that arrive together', async () => {
  const waiting: ServerHttp2Stream[] = []
  const address = await bareServer((stream) => {
    stream.on('end', () => {
      waiting.push(stream)
      if (waiting.length < CALLS) return
      for (const call of waiting.splice(0)) answerCall(call, MESSAGE)
    })
  })
  for (let round = 0; round < 40; round++) {
    const { channel, ask } = channelTo(address)
    let answers = 0
    const asked = Array.from({ length: CALLS }, async () => {
      const { kind } = await ask()
      if (++answers === 1 + (round % CALLS)) channel.close()
      return kind
    })
    expect(await Promise.all(asked)).toContain('response')
  }
})

test('closing a channel ends its open calls soon, and later ones at once', async () => {
  let arrived = 0
  const { channel, ask } = channelTo(await bareServer(() => void arrived++))
  const open = ask(MESSAGE, {}, 60_000)
  await expect.poll(() => arrived).toBe(1)
  channel.close()
  expect(await open).toMatchObject({ origin: 'connection', details: 'the connection was closed' })
  expect(await ask()).toMatchObject({ origin: 'connection', details: 'the channel is closed' })
  const ended = new Promise((resolve) => {
    channel.watch({ path: method.path, message: MESSAGE }, { message: () => undefined, ended: resolve })
  })
  expect(await ended).toBe(status.UNAVAILABLE)
  expect(arrived).toBe(1)
})
