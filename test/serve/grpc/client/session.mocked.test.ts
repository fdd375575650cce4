import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { addressOf, channelTo } from '../channels.ts'

/** The time limits that run, by their length, ms. */
const limits = vi.hoisted(() => new Map<number, { expire(): void }>())
vi.mock('../../../../src/serve/stalls.ts', async (original) => ({
  ...(await original<object>()),
  AnswerLimit: class {
    constructor(ms: number, limited: { expire(): void }) {
      limits.set(ms, limited)
    }
    cancel() {}
  },
}))

test('a server that does not establish a connection in time loses its socket at once', async () => {
  const dialled: Socket[] = []
  const notice = (message: unknown) => dialled.push((message as { socket: Socket }).socket)
  subscribe('net.client.socket', notice)
  onTestFinished(() => void unsubscribe('net.client.socket', notice))
  const connected = vi.fn()
  const { ask } = channelTo(await addressOf(createTcpServer(connected)))
  const result = ask(undefined, {}, 60_000)
  await expect.poll(() => connected.mock.calls).toHaveLength(1)
  limits.get(5_000)?.expire()
  expect(dialled[0].destroyed).toBe(true)
  expect(await result).toMatchObject({ code: status.UNAVAILABLE, details: 'no connection after 5000 ms' })
})
