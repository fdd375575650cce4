import type { ServerHttp2Stream } from 'node:http2'
import { expect, test } from 'vitest'
import { bareServer, channelTo } from '../channels.ts'

const CALLS = 20
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 7])

function answer(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(MESSAGE)
}

// what fails without an error here ends the process: memory is used that has been freed
test('a channel is closed by one of several answers that arrive together', async () => {
  const waiting: ServerHttp2Stream[] = []
  const address = await bareServer((stream) => {
    stream.on('end', () => {
      waiting.push(stream)
      if (waiting.length === CALLS) waiting.splice(0).forEach(answer)
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
